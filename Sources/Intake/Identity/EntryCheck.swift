internal import FlashSale
internal import HTTPServing
internal import Time

/// What a request shows beside who sends it, not checked yet.
struct ShownFields {
  /// `X-Proof-Of-Work`
  var proof: UnsafeRawBufferPointer?
  /// `X-Bot-Verdict`
  var verdict: UnsafeRawBufferPointer?
}

/// Checks what a sale asks its buyers to show: a claim, work, the bot service's word. Asks nobody; what it gives harder
/// challenges by is looked at with each challenge, and with no order.
struct EntryCheck: Sendable {
  static let proofField = "X-Proof-Of-Work"
  static let verdictField = "X-Bot-Verdict"

  let proofs: ProofSigner
  /// `nil`: no verdict is believed.
  let verdicts: VerdictChecker?
  let backlogLimit: Int64
  let load: ProcessorLoad

  /// What the caller does not show; `nil`: nothing is missing. A sale that asks for nothing costs one look.
  func refusal(of caller: Caller, _ shown: ShownFields, to sale: CatalogSale) -> Problem? {
    guard sale.asksToShow else { return nil }
    do throws(Problem) {
      try check(caller, shown, sale)
      return nil
    } catch {
      return error
    }
  }

  /// In the order of what it costs.
  private func check(_ caller: Caller, _ shown: ShownFields, _ sale: CatalogSale) throws(Problem) {
    let shaping = sale.sale.shaping
    if let claim = shaping.claim {
      guard let token = caller.token, token.claims.contains(claim) else { throw .notEligible(claim) }
    }
    if shaping.verdict?.required == true { try check(shown.verdict, of: caller.buyer, sale) }
    guard let rule = shaping.proofOfWork else { return }
    guard let proof = shown.proof else { throw .proofRequired(sale.id) }
    do throws(ProofFault) {
      // What the challenge asked for when it was given is enough, though the line may have grown since.
      try proofs.check(proof, bits: rule.bits, sale: sale.number, buyer: caller.buyer, at: .now)
    } catch {
      throw .invalidProof(error, sale.id)
    }
  }

  private func check(
    _ verdict: UnsafeRawBufferPointer?, of buyer: BuyerID, _ sale: CatalogSale
  ) throws(Problem) {
    guard let verdict else { throw .verdictRequired }
    guard let verdicts else { throw .verdictsUnknown }
    do throws(VerdictFault) {
      try verdicts.check(verdict, sale: sale.id, buyer: buyer, at: .now)
    } catch {
      throw .invalidVerdict(error)
    }
  }

  /// Which sales that are not over ask for what this intake knows no key of, so that it refuses every order of theirs.
  static func complaints(about catalog: Catalog, _ configuration: IntakeConfiguration) -> [String] {
    catalog.sales.filter { $0.asksToShow && $0.closedAt == nil && $0.sale.endsAt > .now }.flatMap { sale in
      [
        sale.sale.shaping.claim != nil && configuration.identification.tokens == nil
          ? "sale \(sale.id): a claim, and PENSTOCK_TOKEN_KEYS is not set" : nil,
        sale.sale.shaping.verdict?.required == true && configuration.verdicts == nil
          ? "sale \(sale.id): a verdict, and PENSTOCK_VERDICT_KEY is not set" : nil,
      ].compactMap { $0 }
    }
  }

  /// A challenge for the caller, as hard as the sale's line is long or this intake busy; `nil`: the sale asks for no
  /// work.
  func challenge(_ caller: Caller, to sale: CatalogSale) -> (text: String, bits: Int, expiresAt: Timestamp)? {
    guard let rule = sale.sale.shaping.proofOfWork else { return nil }
    let now = Timestamp.now
    let backlog = sale.items.map(\.standing.backlog).max() ?? 0
    let bits = rule.bits(backlog: backlog, limit: backlogLimit, load: load.current)
    let text = proofs.challenge(bits: bits, sale: sale.number, buyer: caller.buyer, at: now)
    return (text, bits, ProofSigner.end(of: now))
  }
}

extension Problem {
  static func proofRequired(_ sale: SaleID) -> Problem {
    Problem(
      .proofRequired, detail: "Solve the challenge of GET /v1/sales/\(sale)/challenge.", field: EntryCheck.proofField)
  }

  static func invalidProof(_ fault: ProofFault, _ sale: SaleID) -> Problem {
    Problem(
      .proofInvalid, detail: "The proof \(fault.rawValue). Challenges are at GET /v1/sales/\(sale)/challenge.",
      field: EntryCheck.proofField)
  }

  static let verdictRequired = Problem(
    .verdictRequired, detail: "The shop's bot service gives one to those whom it takes for people.",
    field: EntryCheck.verdictField)

  /// The sale asks for what this intake cannot check: the shop's to mend.
  static let verdictsUnknown = Problem(
    .verdictInvalid, detail: "This intake knows no bot service: the shop has not set its key.",
    field: EntryCheck.verdictField)

  static func invalidVerdict(_ fault: VerdictFault) -> Problem {
    Problem(.verdictInvalid, detail: "The verdict \(fault.rawValue).", field: EntryCheck.verdictField)
  }
}
