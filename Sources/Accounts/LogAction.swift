/// What is logged: everything that changes something, and what shows or takes out what is not for everyone. The raw
/// values are the API's and the store's; none is renamed.
public enum LogAction: String, CaseIterable, Sendable, Codable, Hashable {
  // Who.
  case signIn = "sign_in"
  case signInFailed = "sign_in.failed"
  case signOut = "sign_out"
  case signOutEverywhere = "sign_out.everywhere"
  case passwordChanged = "password.change"
  case codesOn = "codes.on"
  case codesOff = "codes.off"
  case userAdded = "user.add"
  case userRole = "user.role"
  case userDisabled = "user.disable"
  case userEnabled = "user.enable"
  case userPassword = "user.password"
  case tokenAdded = "token.add"
  case tokenRevoked = "token.revoke"
  // Sales.
  case saleCreated = "sale.create"
  case saleChanged = "sale.change"
  case saleClosed = "sale.close"
  case stockRestocked = "stock.restock"
  case stockReduced = "stock.reduce"
  case stockReopened = "stock.reopen"
  case roomChanged = "room.change"
  // Orders.
  case orderCancelled = "order.cancel"
  case orderRefunded = "order.refund"
  case buyersUnmasked = "buyers.unmask"
  case ordersExported = "orders.export"
  case reportExported = "report.export"
  // Operation.
  case partitionResumed = "partition.resume"
  case workerDrained = "worker.drain"
  case webhookAdded = "webhook.add"
  case webhookRotated = "webhook.rotate"
  case webhookSwitched = "webhook.switch"
  case webhookTested = "webhook.ping"
  case webhookResent = "webhook.resend"
  case logExported = "log.export"
  // A second person.
  case approvalAsked = "approval.ask"
  case approvalGiven = "approval.approve"
  case approvalRefused = "approval.refuse"
}
