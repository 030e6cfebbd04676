internal import FlashSale
internal import HTTPServing
internal import Time

extension OrderTerms {
  /// What an order of a sale with limits beyond its buyers counts for: its subjects, and its access code.
  ///
  /// Throws `invalid_header` or `subject_required` if the gateway has not said it, and `code_required` or
  /// `code_invalid` if the order lacks a code that it needs, or has one that is not good for it.
  init(
    of head: OrderHead, _ request: OrderRequest, at now: Timestamp, codes: AccessCodeSigner
  ) throws(Problem) {
    self = .none
    let shaping = head.sale.sale.shaping
    if let limits = shaping.subjects { subjects = try Self.subjects(limits, head.subjects) }
    guard let rule = shaping.codes else { return }
    guard let text = request.code else {
      if rule.needsCode(at: now) { throw .codeRequired(before: rule.before) }
      return
    }
    do throws(AccessCode.Fault) {
      let code = try codes.check(text, for: head.sale.id, buyer: head.buyer, at: now)
      subjects.append(code.subject)
      buyerLimit = code.buyerLimit
    } catch {
      throw .codeInvalid(error)
    }
  }

  private static func subjects(_ limits: SubjectLimits, _ text: String?) throws(Problem) -> [LimitSubject] {
    do throws(SubjectLimits.Fault) {
      return try limits.subjects(in: text)
    } catch {
      switch error {
      case .malformed(let reason): throw .invalidHeader(SubjectLimits.field, reason)
      case .missing(let kind): throw .subjectRequired(kind)
      }
    }
  }
}
