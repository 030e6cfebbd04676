internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import Hummingbird
internal import NIOCore

/// The fields of a form: `application/x-www-form-urlencoded`, or `multipart/form-data` where it carries a file.
struct FormFields: Sendable {
  private let fields: [(name: String, value: String)]

  /// The file that it carries.
  private(set) var file: UploadedFile?

  /// Reads a body. Throws for another type, for what is too long, and for bytes that are no text.
  init(of request: Request) async throws {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
    guard type == "application/x-www-form-urlencoded" else { throw Problem.unsupportedForm }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Limits.formBytes)
    } catch is NIOTooManyBytesError {
      throw Problem.bodyTooLarge(limit: Limits.formBytes)
    }
    guard let text = String(validating: body.readableBytesView, as: UTF8.self),
      let fields = Self.parse(text)
    else { throw Problem.malformedForm }
    self.fields = fields
  }

  /// Reads a body with a file. Of a file that is too long, nothing is kept; the other fields are there.
  init(withFileOf request: Request) async throws {
    let type = request.headers[.contentType] ?? ""
    guard type.prefix(while: { $0 != ";" }).lowercased() == "multipart/form-data" else {
      throw Problem.unsupportedUpload
    }
    let most = Limits.formBytes + Limits.importBytes
    var (kept, dropped) = (Data(), 0)
    for try await piece in request.body {
      let room = most - kept.count
      kept.append(contentsOf: piece.readableBytesView.prefix(room))
      dropped += max(0, piece.readableBytes - room)
      guard dropped <= Limits.droppedFormBytes else { throw Problem.bodyTooLarge(limit: most) }
    }
    guard let form = MultipartForm(kept, type: type, isWhole: dropped == 0) else { throw Problem.malformedForm }
    (fields, file) = (form.fields, form.file)
  }

  /// The fields of a text; `nil` if an escape in it is none.
  init?(_ text: String) {
    guard let fields = Self.parse(text) else { return nil }
    self.fields = fields
  }

  private static func parse(_ text: String) -> [(name: String, value: String)]? {
    var fields: [(name: String, value: String)] = []
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { $0.replacing("+", with: " ").percentDecoded }
      guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else { return nil }
      fields.append((name, value))
    }
    return fields
  }

  /// The first value of a name; empty where there is none.
  subscript(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

  /// The name that the form was made with for its command; `nil` for a form without one.
  func commandKey() throws(Problem) -> IdempotencyKey? {
    let text = self[Self.commandKeyName]
    guard !text.isEmpty else { return nil }
    do throws(ValidationError) { return try IdempotencyKey(validating: text) } catch {
      throw .invalidParameter(Self.commandKeyName, error.reason)
    }
  }

  /// Why something is to be done. Throws for a reason that no history takes.
  func reason() throws(Problem) -> String {
    do throws(ValidationError) {
      let reason = self["reason"]
      guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("reason", "is missing") }
      try ValidationError.refuseTurned(reason, "reason")
      return try Actor(name: "admin", reason: reason).reason
    } catch {
      throw .invalidParameter(error.field, error.reason)
    }
  }

  static let commandKeyName = "command_key"

  /// All values of a name.
  func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

extension Problem {
  fileprivate static let unsupportedForm = Problem(
    .unsupportedMediaType, detail: "A form's body is application/x-www-form-urlencoded.", field: "Content-Type")
  fileprivate static let unsupportedUpload = Problem(
    .unsupportedMediaType, detail: "A form with a file is multipart/form-data.", field: "Content-Type")
  fileprivate static let malformedForm = Problem(.malformedRequest, detail: "The form cannot be read.")
}
