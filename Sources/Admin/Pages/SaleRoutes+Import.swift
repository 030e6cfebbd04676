internal import Accounts
internal import FlashSale
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore

// SKUs and prices from a file: looked at, and put into the form. The form saves them, and refuses if the sale is no
// longer what it was.

extension SaleRoutes {
  func addImports(to pages: GuardedRoutes) {
    pages.at("admin/new-sale/import", post: .upload(.operate, importIntoNew))
    pages.at("admin/sales/{sale}/import", post: .upload(.operate, importIntoSale))
  }

  @Sendable private func importIntoNew(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    var form = SaleForm(fields)
    let origin = try await origin(of: form)
    let items = form.typedItems()
    return answer(visit, &form, fields.file, into: .form(items), origin)
  }

  @Sendable private func importIntoSale(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    var form = SaleForm(fields)
    form.id = stored.sale.id.rawValue
    if let conflict = try await conflict(visit, &form, stored) { return conflict }
    let items = form.typedItems(changing: stored.sale)
    return answer(visit, &form, fields.file, into: .sale(stored.sale, form: items), .change(stored.sale))
  }

  private func answer(
    _ visit: Visit, _ form: inout SaleForm, _ file: UploadedFile?, into target: SKUImport.Target,
    _ origin: SaleForm.Origin
  ) -> Response {
    let frame = PageFrame(visit)
    guard let file else {
      return refused(visit, form, origin, note: frame.alert(frame.say(ImportWords.noFile)))
    }
    let found = SKUImport(file, into: target)
    let section = ImportSection.html(frame, found)
    guard found.faultCount == 0, form.errors.isEmpty else {
      return refused(visit, form, origin, note: section)
    }
    form.items = SaleForm.text(of: found.items)
    return .page(SaleFormPage.html(frame, form, origin, note: section))
  }
}
