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
    let items = form.typedItems()
    return answer(visit, &form, fields.file, into: .form(items), changing: nil)
  }

  @Sendable private func importIntoSale(_ visit: Visit, _ fields: FormFields) async throws -> Response {
    let stored = try await desk.stored(visit.parameter())
    var form = SaleForm(fields)
    form.id = stored.sale.id.rawValue
    if let conflict = conflict(visit, &form, stored) { return conflict }
    let items = form.typedItems()
    return answer(visit, &form, fields.file, into: .sale(stored.sale, form: items), changing: stored)
  }

  private func answer(
    _ visit: Visit, _ form: inout SaleForm, _ file: UploadedFile?, into target: SKUImport.Target,
    changing stored: StoredSale?
  ) -> Response {
    let frame = PageFrame(visit)
    guard let file else {
      return refused(visit, form, changing: stored, note: frame.alert(frame.say(ImportWords.noFile)))
    }
    let found = SKUImport(file, into: target)
    let section = ImportSection.html(frame, found)
    guard found.faultCount == 0, form.errors.isEmpty else {
      return refused(visit, form, changing: stored, note: section)
    }
    form.items = SaleForm.text(of: found.items)
    return .page(SaleFormPage.html(frame, form, changing: stored, note: section))
  }
}
