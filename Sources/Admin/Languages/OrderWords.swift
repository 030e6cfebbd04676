/// What can be done with one order.
enum OrderWords: Message {
  case whatCanBeDone, cancel, refund, extend, release, resend, line, wholeOrder, units, unitsHint, payment, capture
  case amount, amountHint, why, preview, willHappen, back, noLongerWaited, kept, willBe, due, noMoney
  case refunded, notDue, stillDue, firstInLine, nobodyWaits, tooLateToOffer, saleOver, newEnd, extensionsLeft
  case letters, event, attempts, givenUpAt, error, confirm, toOrder
  case done, doneUnits, doneMoney, queued, resent, refused

  init(_ action: OrderAction) {
    self =
      switch action {
      case .cancel: .cancel
      case .refund: .refund
      case .extend: .extend
      case .release: .release
      case .resend: .resend
      }
  }

  var texts: (english: String, chinese: String) {
    switch self {
    case .whatCanBeDone: ("What can be done", "可执行的操作")
    case .cancel: ("Cancel", "取消订单")
    case .refund: ("Note a refund", "登记退款")
    case .extend: ("Extend the hold", "延长占用")
    case .release: ("Release", "代买家放弃")
    case .resend: ("Resend webhooks", "重发 webhook")
    case .line: ("Line", "订单行")
    case .wholeOrder: ("the whole order", "整个订单")
    case .units: ("Units to cancel", "取消件数")
    case .unitsHint: ("1 to {1}; leave it empty for all", "1 到 {1}，留空表示全部")
    case .payment: ("Payment", "支付号")
    case .capture: ("{1}: {2} due, {3} not paid back", "{1}：应退 {2}，未退 {3}")
    case .amount: ("Amount", "金额")
    case .amountHint: ("As 199.00; leave it empty for all that is due", "例如 199.00；留空表示全部应退款")
    case .why: ("Why", "原因")
    case .preview: ("Preview", "预览")
    case .willHappen: ("{1}: what will happen", "{1}：将要发生的变更")
    case .back: ("{1} of {2} will go back to the stock.", "{2} 将退回库存 {1} 件。")
    case .noLongerWaited: ("{1} of {2} will no longer be waited for.", "{2} 将减少候补 {1} 件。")
    case .kept: ("The order will keep {1} of its units.", "订单将保留 {1} 件。")
    case .willBe: ("The order will be: {1}.", "订单状态将为：{1}。")
    case .due:
      (
        "{1} will be due to be paid back. Penstock moves no money: pay it back at the provider, and note it here.",
        "将产生应退款 {1}。Penstock 不转移资金：请在支付方退款后在此登记。"
      )
    case .noMoney: ("No money will be due.", "不会产生应退款。")
    case .refunded:
      (
        "{1} of payment {2} will count as paid back. Penstock moves no money: the provider must have paid it.",
        "支付 {2} 将登记已退 {1}。Penstock 不转移资金：须已由支付方退款。"
      )
    case .notDue: ("{1} of it is not due: it pays for units of the order.", "其中 {1} 并非应退款，而是订单的货款。")
    case .stillDue: ("{1} of this payment will still be due.", "该支付仍有应退款 {1}。")
    case .firstInLine: ("First in line for {1}, and what they wait for", "{1} 的候补队首及其件数")
    case .nobodyWaits:
      ("Nobody waits for {1}. The next buyer can have it.", "没有人候补 {1}：先到者可购买。")
    case .tooLateToOffer:
      (
        "Who waits for {1} would not have the time to pay before the sale ends. The next buyer can have it.",
        "候补者在活动结束前已来不及支付 {1}：先到者可购买。"
      )
    case .saleOver:
      ("{1} is no longer for sale: its units are offered to nobody.", "{1} 已停止销售：不会再提供给任何人。")
    case .newEnd: ("The hold will end at {1} instead of {2}.", "占用将于 {1} 结束，原为 {2}。")
    case .extensionsLeft: ("Extensions that are left then: {1}", "之后还可延长的次数：{1}")
    case .letters: ("Webhooks that will be sent again: {1}", "将重发的 webhook：{1}")
    case .event: ("Event", "事件")
    case .attempts: ("Attempts", "尝试次数")
    case .givenUpAt: ("Given up", "放弃时间")
    case .error: ("Error", "错误")
    case .confirm: ("Do it", "确认执行")
    case .toOrder: ("Back to the order", "返回订单")
    case .done: ("Record {1} is decided. {2}: {3}.", "记录 {1} 已裁决。{2}：{3}。")
    case .doneUnits: ("Units: {1}.", "件数：{1}。")
    case .doneMoney: ("Money: {1}.", "金额：{1}。")
    case .queued:
      (
        "Record {1} is in the log, and not decided yet. Load the page again in a moment.",
        "记录 {1} 已写入日志，尚未裁决。请稍后重新加载。"
      )
    case .resent: ("Webhooks that are sent again: {1}", "已安排重发的 webhook：{1}")
    case .refused: ("It was refused. {1}: {2}", "已被拒绝。{1}：{2}")
    }
  }
}
