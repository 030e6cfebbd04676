/// How much work a sale asks of whoever orders: so many leading zero bits of a hash, each of which doubles it.
public struct ProofRule: Hashable, Sendable, Encodable {
  /// Bits while the line is short: 1 to `Limits.proofBits`.
  public let bits: Int

  /// Bits that are never exceeded: `bits` to `Limits.proofBits`.
  public let maxBits: Int

  enum CodingKeys: String, CodingKey, CaseIterable {
    case bits
    case maxBits = "max_bits"
  }

  /// Reads `{"bits": …, "max_bits": …}`; without a maximum it is `Limits.proofRise` bits more, where there is room.
  init(json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a proof of work", CodingKeys.allCases.map(\.rawValue), at: place)
    var (bits, most): (Int?, Int?)
    while let field = try fields.next(&json) {
      let number = try json.wholeNumber(fields[field], in: 1...Limits.proofBits)
      if field == "bits" { bits = number } else { most = number }
    }
    self.bits = try fields.required(bits, "bits")
    maxBits = most ?? min(self.bits + Limits.proofRise, Limits.proofBits)
    guard maxBits >= self.bits else { throw .invalidField(fields["max_bits"], "must be bits or more") }
  }

  /// The bits to ask for now: one more for each doubling of the backlog from a sixteenth of its limit on, or for each
  /// halving of what intake's processors have to spare, whichever asks for more; up to `maxBits`. So the work doubles
  /// with the line, or with the time that answers take, and a bot slows itself down.
  ///
  /// - Parameters:
  ///   - backlog: records in line, in the sale's fullest partition.
  ///   - limit: at which intake refuses, at least 1.
  ///   - load: the part of its processors that intake uses, from 0 to 1.
  public func bits(backlog: Int64, limit: Int64, load: Double = 0) -> Int {
    var (rise, mark) = (0, max(1, limit / 16))
    while backlog >= mark, bits + rise < maxBits {
      rise += 1
      mark *= 2
    }
    var (busyRise, spare) = (0, 0.5)
    while 1 - load <= spare, bits + busyRise < maxBits {
      busyRise += 1
      spare /= 2
    }
    return bits + max(rise, busyRise)
  }
}

/// Whether a sale asks for the word of the shop's bot service.
public struct VerdictRule: Hashable, Sendable, Encodable {
  public let required: Bool

  /// Reads `{"required": true}`.
  init(json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a verdict", ["required"], at: place)
    var required: Bool?
    while let field = try fields.next(&json) {
      if json.take(word: "true") {
        required = true
      } else if json.take(word: "false") {
        required = false
      } else {
        throw .invalidField(fields[field], "must be true or false")
      }
    }
    self.required = try fields.required(required, "required")
  }
}
