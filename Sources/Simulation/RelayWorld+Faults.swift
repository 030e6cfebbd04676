internal import FlashSale
internal import Time

// What happens to relays, and what operators do.

extension RelayWorld {
  mutating func start(_ relay: Int) {
    guard !relays[relay].isUp else { return }
    seats += 1
    let run = relays[relay].run + 1
    relays[relay] = Relay(run: run, seat: seats, isUp: true, clock: random.number(in: RelayLimits.clock))
    met(.started)
    note("relay \(relay)", "starts as \(seats)")
    wakeAll()
  }

  /// Whether a relay dies or freezes between two of its steps.
  mutating func isStruck(_ relay: Int) -> Bool {
    guard !isHealed, random.happens(perMille: trouble) else { return false }
    if random.happens(perMille: 500) { die(relay) } else { freeze(relay) }
    return true
  }

  private mutating func die(_ relay: Int) {
    met(.died)
    note("relay \(relay)", "dies")
    relays[relay].isUp = false
    relays[relay].runs = [:]
    relays[relay].sendsWebhooks = false
    // Its session is gone at once.
    wakeAll()
    after(RelayLimits.second...(600 * RelayLimits.second), .start(relay))
  }

  mutating func freeze(_ relay: Int) {
    let now = scheduler.now
    guard relays[relay].frozenUntil <= now else { return }
    let isForLong = hasLongFaults && random.happens(perMille: 300)
    let time = isForLong ? random.number(in: 1...30) * 3_600 : random.number(in: 1...60)
    met(isForLong ? .frozenForLong : .frozen)
    note("relay \(relay)", "freezes for \(time) s")
    (relays[relay].frozenAt, relays[relay].frozenUntil) = (now, now + Int64(time) * RelayLimits.second)
    // Others see that its lease has passed; and it sees what there is when it wakes.
    scheduler.after(RelayLimits.lease + RelayLimits.second, .wakeAll)
    scheduler.after(Int64(time) * RelayLimits.second + 1, .wakeAll)
  }

  private mutating func leave(_ relay: Int) {
    guard relays[relay].frozenUntil <= scheduler.now else { return }
    met(.left)
    outbox.leave(relays[relay].seat)
    die(relay)
  }

  mutating func strike() {
    guard !isHealed else { return }
    after(0...(faultyTime / 10), .strike)
    let relay = random.index(below: relays.count)
    guard relays[relay].isUp else { return }
    switch random.number(in: 0...3) {
    case 0: die(relay)
    case 1: leave(relay)
    default: freeze(relay)
    }
  }

  // MARK: Operators

  mutating func operate() {
    guard !isHealed else { return }
    after(0...(faultyTime / 8), .operate)
    guard !outbox.endpoints.isEmpty else { return }
    let endpoint = outbox.endpoints[random.index(below: outbox.endpoints.count)]
    switch random.number(in: 0...9) {
    case 0...3: `switch`(endpoint.id, on: endpoint.isOff)
    case 4...6: resend(endpoint.id, all: random.happens(perMille: 500))
    case 7 where receivers.count < 4:
      addEndpoint()
      met(.added)
    case 8 where receivers.count > 1:
      met(.removed)
      note("operator", "removes webhook \(endpoint.id)")
      outbox.remove(endpoint.id)
      checks.removed(endpoint.id)
    default: break
    }
  }

  private mutating func `switch`(_ endpoint: Int32, on isOn: Bool) {
    met(isOn ? .switchedOn : .switchedOffByHand)
    note("operator", "switches webhook \(endpoint) \(isOn ? "on" : "off")")
    outbox.switch(endpoint, on: isOn, now: clock(0))
    checks.switched(endpoint, on: isOn)
    if isOn { receivers[endpoint]?.onSince = scheduler.now }
    poke(endpoint)
  }

  private mutating func resend(_ endpoint: Int32, all: Bool) {
    let dead = outbox.deliveries.filter { $0.endpoint == endpoint && $0.nextAt == nil }
    guard !dead.isEmpty else { return }
    let one = all ? nil : dead[random.index(below: dead.count)].id
    let sent = outbox.resend(of: endpoint, only: one, now: clock(0))
    met(all ? .resent : .resentOne)
    note("operator", "sends \(sent) again")
    checks.begun(sent)
    poke(endpoint)
  }

  // MARK: The end

  /// All processes run, receivers take what they get, and the log takes what is written.
  mutating func heal() {
    isHealed = true
    note("world", "heals: no more faults")
    for relay in relays.indices {
      // What a frozen one still has to do would come late.
      if relays[relay].frozenUntil > scheduler.now { relays[relay].isUp = false }
      start(relay)
    }
    for endpoint in receivers.keys { receivers[endpoint]?.mode = .takes }
    wakeAll()
    scheduler.after(RelayLimits.longestPause + 300 * RelayLimits.second, .checkHealed)
  }

  mutating func checkHealed() {
    checks.checkOutbox()
    checks.checkHealed(off: Set(outbox.endpoints.filter(\.isOff).map(\.id)))
    scheduler.after(0, .beginAnew)
  }

  /// An operator has everything sent that was given up, or kept back.
  mutating func beginAnew() {
    for endpoint in outbox.endpoints {
      if endpoint.isOff { `switch`(endpoint.id, on: true) }
      for all in [false, true] { resend(endpoint.id, all: all) }
    }
    scheduler.after(300 * RelayLimits.second, .end)
  }
}
