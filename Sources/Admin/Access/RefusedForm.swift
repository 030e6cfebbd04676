internal import HTTPServing
internal import Hummingbird

/// A form that is not valid, for its page to show again.
struct RefusedForm: Sendable {
  /// Where it was sent.
  let action: String

  /// As it was filled.
  let fields: FormFields

  /// With the field that is wrong.
  let problem: Problem
}

extension Visit {
  /// Does what a form asks for. One that is not valid is shown again, with what was typed and what is wrong.
  ///
  /// - Parameters:
  ///   - page: where the form stands.
  ///   - again: that page.
  func answer(
    _ form: FormFields, on page: String, _ perform: () async throws -> Response,
    again: (PageFrame) async throws -> HTML
  ) async throws -> Response {
    do { return try await perform() } catch let problem as Problem where problem.field != nil {
      let status = problem.responseStatus
      guard status.kind == .clientError else { throw problem }
      let refused = RefusedForm(action: request.uri.path, fields: form, problem: problem)
      return .page(try await again(PageFrame(self, at: page).refusing(refused)), status: status)
    }
  }

  /// The page of a search that is not valid.
  func refusing(_ problem: Problem) -> PageFrame {
    guard let fields = FormFields(request.uri.query ?? "") else { return PageFrame(self) }
    return PageFrame(self).refusing(RefusedForm(action: request.uri.path, fields: fields, problem: problem))
  }
}
