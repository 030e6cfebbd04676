import Crypto
import Time

extension DrawReport {
  /// What somebody noted while nobody could know the order yet: when the sale was announced, the commitment to the
  /// secret and the beacons; when the entries had ended, the root of these and of that time. Without it, a file that
  /// was made anew as a whole cannot be told from the true one.
  public struct Noted: Sendable {
    public var commitment: String?
    public var root: String?

    public init(commitment: String? = nil, root: String? = nil) { (self.commitment, self.root) = (commitment, root) }
  }

  /// What is wrong with the draw, a sentence each; empty if the order is the one that follows.
  public func faults(against noted: Noted = Noted()) -> [String] {
    guard format == Self.format else {
      return ["The format is \(format.prefix(40).debugDescription), not \(Self.format)."]
    }
    return secretFaults(noted) + entryFaults(noted) + namedFaults + beaconFaults + orderFaults
  }

  private func secretFaults(_ noted: Noted) -> [String] {
    var faults: [String] = []
    if let commitment = noted.commitment, commitment.lowercased() != self.commitment.lowercased() {
      faults.append("The commitment is another than the one that was announced.")
    }
    guard let secret else { return faults + ["The secret is withheld: without it nothing can be checked."] }
    let second = fallback.map { (after: Duration.seconds($0.afterSeconds), beacon: $0.beacon) }
    guard let bytes = Hexadecimal.bytes(secret), bytes.count == Draw.secretBytes,
      Hexadecimal.text(Draw.commitment(to: bytes, (insteadOf ?? beacon).rule, fallback: second))
        == commitment.lowercased()
    else { return faults + ["The secret, or a beacon, is another than the one that was committed to."] }
    return faults
  }

  /// The entries; `nil` if one of them cannot be one.
  private var leaves: [Draw.Entry]? {
    let leaves = entries.compactMap { entry in
      Hexadecimal.bytes(entry.buyer).flatMap {
        $0.count == SHA256.byteCount ? Draw.Entry(offset: Offset(entry.offset), buyer: $0) : nil
      }
    }
    return leaves.count == entries.count ? leaves : nil
  }

  private func entryFaults(_ noted: Noted) -> [String] {
    var faults: [String] = []
    if let root = noted.root, root.lowercased() != self.root.lowercased() {
      faults.append("The root is another than the one that was published at closing.")
    }
    guard let leaves else { return faults + ["An entry cannot be read."] }
    if !zip(entries, entries.dropFirst()).allSatisfy({ $0.offset < $1.offset }) {
      faults.append("The entries are not in the order in which they joined.")
    }
    // Who joins again before the end has the later entry only.
    if Set(leaves.map(\.buyer)).count < leaves.count { faults.append("A buyer stands there twice.") }
    let closing = Draw.Closing(at: closedAt, leaves)
    if closing.lastOffset.rawValue != lastOffset {
      faults.append("The last entry is at \(closing.lastOffset), and at closing it was at \(lastOffset).")
    }
    if Hexadecimal.text(closing.root) != root.lowercased() {
      faults.append(
        "The entries have another root than at closing: one was added, dropped, changed or moved, or they ended at "
          + "another time.")
    }
    return faults
  }

  /// Whether the beacon that counts is one of those that were named, and which.
  private var namedFaults: [String] {
    var faults: [String] = []
    if let fallback, !RoomRule.fallbackSeconds.contains(fallback.afterSeconds) {
      faults.append("No sale can name a fallback after \(fallback.afterSeconds) s.")
    }
    if beacon.isFallback != (insteadOf != nil) || beacon.isFallback && beacon.rule != fallback?.beacon {
      faults.append("The beacon \(beacon.rule.name) is not the one that was named.")
    }
    if let insteadOf, insteadOf.round != insteadOf.rule.round(for: closedAt) {
      faults.append("Of the first beacon, round \(insteadOf.rule.round(for: closedAt)) was due.")
    }
    return faults
  }

  private var beaconFaults: [String] {
    let rule = beacon.rule
    guard let value = beacon.value else { return ["The beacon \(rule.name) has not spoken: nothing was drawn yet."] }
    var faults: [String] = []
    if rule.time(ofRound: beacon.round) <= closedAt {
      faults.append("The beacon's round \(beacon.round) was known when the entries ended.")
    }
    let due = rule.round(for: closedAt)
    if beacon.round != due { faults.append("The beacon's round is \(beacon.round), and \(due) was due.") }
    // drand: "randomness" is the SHA-256 of the round's signature. Without one, any value would do.
    if case .drand = rule.source {
      let bytes = beacon.signature.flatMap { Hexadecimal.bytes($0) }
      if bytes.map({ Hexadecimal.text(Draw.randomness(of: $0)) }) != value.lowercased() {
        faults.append(
          beacon.signature == nil
            ? "The beacon's signature is missing." : "The beacon's value is not the hash of its signature.")
      }
    }
    return faults
  }

  private var orderFaults: [String] {
    guard let secret = secret.flatMap({ Hexadecimal.bytes($0) }), let value = beacon.value, let leaves else {
      return []
    }
    guard let order else { return ["The order is missing."] }
    let seed = Draw.seed(secret: secret, Draw.Closing(at: closedAt, leaves), beacon: value)
    var faults: [String] = []
    if self.seed?.lowercased() != Hexadecimal.text(seed) { faults.append("The seed is not the one that follows.") }
    if order != Draw.order(of: leaves, seed: seed) { faults.append("The order is not the one that follows.") }
    return faults
  }
}
