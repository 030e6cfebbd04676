internal import Accounts
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird

/// What answers a request, and the right that it needs.
struct Guarded: Sendable {
  let right: Right
  let answer: @Sendable (Visit) async throws -> Response

  /// What reads the form of a page; `nil`: it is no form.
  let answerForm: (@Sendable (Visit, FormFields) async throws -> Response)?

  /// Whether the form carries a file.
  var hasFile = false

  static func needs(_ right: Right, _ answer: @escaping @Sendable (Visit) async throws -> Response) -> Guarded {
    Guarded(right: right, answer: answer, answerForm: nil)
  }

  /// The form of a page, which carries its session's token.
  static func form(
    _ right: Right, _ answer: @escaping @Sendable (Visit, FormFields) async throws -> Response
  ) -> Guarded {
    Guarded(right: right, answer: { _ in throw Problem.formRefused }, answerForm: answer)
  }
}

extension Guarded {
  /// The form of a page with a file.
  static func upload(
    _ right: Right, _ answer: @escaping @Sendable (Visit, FormFields) async throws -> Response
  ) -> Guarded {
    var guarded = form(right, answer)
    guarded.hasFile = true
    return guarded
  }
}

/// Routes that can be added only together with the right that they need.
struct GuardedRoutes {
  private let group: RouterGroup<ListenerContext>
  private let door: Doorkeeper

  init(_ group: RouterGroup<ListenerContext>, door: Doorkeeper) {
    self.group = group
    self.door = door
  }

  func at(
    _ path: RouterPath, get: Guarded? = nil, post: Guarded? = nil, patch: Guarded? = nil, delete: Guarded? = nil
  ) {
    group.at(path, get: handler(get), post: handler(post), patch: handler(patch), delete: handler(delete))
  }

  private func handler(_ guarded: Guarded?) -> RouterGroup<ListenerContext>.Handler? {
    guard let guarded else { return nil }
    return { [door] request, context in
      let visit = try await door.visit(request, context, needs: guarded.right)
      if let answer = guarded.answerForm {
        let form = try await guarded.hasFile ? FormFields(withFileOf: request) : FormFields(of: request)
        if let session = visit.session, !session.isFormToken(form["form_token"]) { throw Problem.formRefused }
        return try await answer(visit, form)
      }
      // A browser sends the cookie by itself. What changes something must show that it knows the session's page.
      if let session = visit.session, request.method != .get, request.method != .head {
        let sent = HTTPField.Name("X-Form-Token").flatMap { request.headers[$0] }
        guard let sent, session.isFormToken(sent) else { throw Problem.formRefused }
      }
      return try await guarded.answer(visit)
    }
  }
}

extension Problem {
  static let formRefused = Problem(
    .formRefused, detail: "Nothing was changed. Load the page again, and send its form once more.")
}
