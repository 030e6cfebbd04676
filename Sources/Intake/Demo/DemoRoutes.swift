internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `/demo`: a buyer's page, for development only. It shows in a browser what a shop's own page would do with this API.
///
/// It is there only where everybody is believed to be whom they say, and so only on this machine: its buyers name
/// themselves, and its button for paying speaks as the shop's backend.
struct DemoRoutes: Sendable {
  func add(to router: Router<ListenerContext>) {
    router.at(
      "demo",
      get: { request, _ in
        Self.answer(
          DemoPage.html(DemoLanguage(of: request)), type: "text/html; charset=utf-8", vary: "Accept-Language")
      })
    router.at("demo/demo.css", get: { _, _ in Self.answer(DemoStyle.text, type: "text/css; charset=utf-8") })
    router.at(
      "demo/demo.js", get: { _, _ in Self.answer(DemoScript.text, type: "text/javascript; charset=utf-8") })
    router.at(
      "demo/draw.js", get: { _, _ in Self.answer(DrawScript.text, type: "text/javascript; charset=utf-8") })
  }

  private static func answer(_ text: String, type: String, vary: String? = nil) -> Response {
    var headers: HTTPFields = [
      .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy: """
      default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
      form-action 'none'; frame-ancestors 'none'
      """,
    ]
    if let vary { headers[.vary] = vary }
    if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
