/// What a report shows to be right or wrong.
enum VerdictWords: Message {
  case identity, identityWaitlisted, unknown, lives, livesWrong, stock, stockWrong, oversold, notOversold
  case everyOutcome, stillComing, wrong, notKnown, money, moneyWrong

  var texts: (english: String, chinese: String) {
    switch self {
    case .identity:
      (
        "accepted {1} = confirmed {2} + rejected {3} + quarantined {4} + in flight {5}",
        "受理 {1} = 成功 {2} + 拒绝 {3} + 隔离 {4} + 处理中 {5}"
      )
    case .identityWaitlisted:
      (
        "accepted {1} = confirmed {2} + waitlisted {6} + rejected {3} + quarantined {4} + in flight {5}",
        "受理 {1} = 成功 {2} + 候补 {6} + 拒绝 {3} + 隔离 {4} + 处理中 {5}"
      )
    case .unknown: ("unknown", "未知")
    case .lives:
      (
        "put up at first {1} + restocked {2} − reduced {3} = left {4} + reserved {5} + sold {6}, for every SKU",
        "每个 SKU：初始投放 {1} + 补货 {2} − 减少 {3} = 剩余 {4} + 占用 {5} + 已售 {6}"
      )
    case .livesWrong:
      (
        "put up at first + restocked − reduced ≠ left + reserved + sold, for some SKU: stock and orders disagree",
        "有 SKU 的库存与订单不一致：初始投放 + 补货 − 减少 ≠ 剩余 + 占用 + 已售"
      )
    case .stock: ("stock = sold + left, for every SKU", "每个 SKU：库存 = 已售 + 剩余")
    case .stockWrong: ("stock and orders disagree: stock ≠ sold + left", "库存与订单不一致：库存 ≠ 已售 + 剩余")
    case .oversold: ("more was sold than put up", "售出多于投放")
    case .notOversold: ("nothing is oversold", "没有超卖")
    case .everyOutcome: ("every request has its outcome", "每个请求都有结果")
    case .stillComing: ("adds up; decisions are still coming", "相符，仍有裁决在进行")
    case .wrong: ("does not add up", "不相符")
    case .notKnown:
      (
        "not known: the log cannot be read, so requests in flight cannot be counted",
        "未知：无法读取日志，不能统计处理中的请求"
      )
    case .money:
      (
        "captured {1} {2} = applied {3} + refund due {4} + refunded {5}",
        "收款 {1} {2} = 已入账 {3} + 待退 {4} + 已退 {5}"
      )
    case .moneyWrong: ("captured ≠ applied + refund due + refunded, in {1}", "收款 ≠ 已入账 + 待退 + 已退，币种 {1}")
    }
  }
}
