internal import FlashSale

/// An alert in words: what is wrong, why, and what to do about it.
struct LiveAlertWords: Equatable {
  let title: String
  let cause: String
  let remedy: String

  init(_ alert: LiveAlert, _ say: Phrasebook) {
    // All three are about one value; the cause may have another one.
    func words(
      _ title: AlertWords, _ cause: AlertWords, _ remedy: AlertWords, _ about: String, because: String? = nil
    ) -> [String] {
      [say(title, about), say(cause, because ?? about), say(remedy, about)]
    }
    let all =
      switch alert {
      case .storeAway(let silent):
        words(.storeAway, .storeAwayCause, .storeAwayRemedy, LiveParts.duration(silent))
      case .logAway(let silent): words(.logAway, .logAwayCause, .logAwayRemedy, LiveParts.duration(silent))
      case .halted(let partition, let reason):
        words(.halted, .haltedCause, .haltedRemedy, "\(partition)", because: say.fault(reason))
      case .unowned(let partition, let waiting):
        words(.unowned, .unownedCause, .unownedRemedy, "\(partition)", because: waiting.grouped)
      case .stale(let partition, let milliseconds):
        words(.stale, .staleCause, .staleRemedy, "\(partition)", because: LiveParts.duration(milliseconds))
      case .commitWaits(let milliseconds):
        words(.commitWaits, .commitWaitsCause, .commitWaitsRemedy, LiveParts.duration(milliseconds))
      case .hot(let partition, let percent, let drain):
        [
          say(AlertWords.hot, "\(partition)"),
          drain.map { say(AlertWords.hotCauseWithTime, "\(percent)", LiveParts.duration($0)) }
            ?? say(AlertWords.hotCause, "\(percent)"), say(AlertWords.hotRemedy),
        ]
      case .allHeld(let skus): [Self.held(skus, say), say(AlertWords.allHeldCause), say(AlertWords.allHeldRemedy)]
      case .roomPaused(let waiting):
        words(.roomPaused, .roomPausedCause, .roomPausedRemedy, waiting.grouped)
      case .quarantined(let records):
        words(.quarantined, .quarantinedCause, .quarantinedRemedy, records.grouped)
      case .deadLetters(let letters):
        words(.deadLetters, .deadLettersCause, .deadLettersRemedy, letters.grouped)
      case .endpointsFail(let endpoints):
        words(.endpointsFail, .endpointsFailCause, .endpointsFailRemedy, endpoints.grouped)
      }
    (title, cause, remedy) = (all[0], all[1], all[2])
  }

  private static func held(_ skus: [SKU], _ say: Phrasebook) -> String {
    let names = skus.prefix(5).map(\.rawValue).joined(separator: ", ")
    return skus.count > 5
      ? say(AlertWords.allHeldMore, names, (skus.count - 5).grouped) : say(AlertWords.allHeld, names)
  }
}
