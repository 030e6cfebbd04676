/// What a report says of the lives of orders.
enum LivesWords: Message {
  case units, money, states, commands
  case atFirst, restocked, reduced, left, reserved, confirmed, paid, fulfilled
  case currency, captured, applied, refundDue, refunded
  case state, orders, joined, waitingNow, offered, lapsedOffers, lapsedHolds
  case command, result, records

  var texts: (english: String, chinese: String) {
    switch self {
    case .units: ("Units", "件数")
    case .money: ("Money", "资金")
    case .states: ("Orders by state", "订单状态")
    case .commands: ("Commands by result", "命令结果")
    case .atFirst: ("at first", "初始投放")
    case .restocked: ("restocked", "补货")
    case .reduced: ("reduced", "减少")
    case .left: ("left", "剩余")
    case .reserved: ("reserved", "占用")
    case .confirmed: ("confirmed", "成功")
    case .paid: ("paid", "已支付")
    case .fulfilled: ("fulfilled", "已发货")
    case .currency: ("currency", "币种")
    case .captured: ("captured", "收款")
    case .applied: ("applied", "已入账")
    case .refundDue: ("refund due", "待退")
    case .refunded: ("refunded", "已退")
    case .state: ("state", "状态")
    case .orders: ("orders", "订单数")
    case .joined: ("waitlist: joined", "候补：加入")
    case .waitingNow: ("  waiting now", "  正在候补")
    case .offered: ("  offered units", "  已获名额")
    case .lapsedOffers: ("  offers that lapsed", "  名额失效")
    case .lapsedHolds: ("holds that lapsed", "超时未支付")
    case .command: ("command", "命令")
    case .result: ("result", "结果")
    case .records: ("records", "记录数")
    }
  }
}
