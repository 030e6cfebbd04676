internal import FlashSale
internal import HTTPServing

// What the codes of the API mean. In English pages say the code itself, which is a word.

extension Hold.State: Message {
  var texts: (english: String, chinese: String) { (code, chinese) }

  private var chinese: String {
    switch self {
    case .waiting: "候补中"
    case .reserved: "待支付"
    case .confirmed: "成功"
    case .paid: "已支付"
    case .fulfilled: "已发货"
    case .released: "买家已放弃"
    case .expired: "超时未支付"
    case .cancelled: "已取消"
    case .lapsed: "候补已失效"
    case .refundDue: "应退款"
    case .refunded: "已退款"
    }
  }
}

extension HistoryEntry.Action: Message {
  var texts: (english: String, chinese: String) { (code, chinese) }

  private var chinese: String {
    switch self {
    case .pay: "扣款"
    case .refund: "退款"
    case .cancel: "取消"
    case .release: "放弃"
    case .extend: "延长"
    case .expire: "超时"
    case .fulfil: "发货"
    case .offer: "候补转正"
    case .restock: "补货"
    case .reduce: "减少库存"
    case .reopen: "重新开放"
    case .close: "关闭"
    case .change: "修改规则"
    }
  }
}

extension HistoryEntry.Result: Message {
  var texts: (english: String, chinese: String) { (code, chinese) }

  private var chinese: String {
    switch self {
    case .applied: "已执行"
    case .repeated: "重复"
    case .unknownOrder: "无此订单"
    case .refused: "订单已被拒绝"
    case .anotherOrder: "属于其他买家"
    case .notAllowed: "状态不允许"
    case .notDue: "未到期"
    case .tooMuch: "数量过多"
    case .noneLeft: "次数已用完"
    case .wrongAmount: "金额不符，应退"
    case .alreadyPaid: "重复支付，应退"
    case .tooLate: "支付过晚，应退"
    case .refundDue: "应退款"
    case .unknownLine: "无此 SKU 行"
    case .anotherCommand: "键已用于其他命令"
    }
  }
}

extension Refusal: Message {
  var texts: (english: String, chinese: String) { (code, chinese) }

  private var chinese: String {
    switch self {
    case .notStarted: "未开始"
    case .ended: "已结束"
    case .closed: "活动已关闭"
    case .limitReached: "超过买家限购"
    case .soldOut: "已售罄"
    case .insufficientStock: "库存不足"
    case .subjectLimitReached: "超过限购对象的上限"
    case .codeUsedUp: "访问码已用完"
    case .allHeld: "余量均被占用"
    case .holdAbuse: "多次占用未支付"
    }
  }
}

/// Codes that belong to no list: of first decisions, and of records that are none of the history.
enum OutcomeWords: String, Message {
  case place, confirmed, waitlisted, rejected, queued

  var texts: (english: String, chinese: String) {
    switch self {
    case .place: (rawValue, "下单")
    case .confirmed: (rawValue, "成功")
    case .waitlisted: (rawValue, "候补")
    case .rejected: (rawValue, "拒绝")
    case .queued: (rawValue, "排队中")
    }
  }
}

/// Says codes.
extension Phrasebook {
  /// Where an order stands: a state, or its first decision.
  func state(_ code: String) -> String {
    Hold.State.allCases.first { $0.code == code }.map { self($0) } ?? outcome(code)
  }

  /// What a record was to do.
  func action(_ code: String) -> String {
    HistoryEntry.Action.allCases.first { $0.code == code }.map { self($0) } ?? outcome(code)
  }

  /// What came of a record.
  func result(_ code: String) -> String {
    HistoryEntry.Result.allCases.first { $0.code == code }.map { self($0) } ?? outcome(code)
  }

  /// A first decision, or the reason of a refusal.
  func outcome(_ code: String) -> String {
    if let refusal = Refusal.allCases.first(where: { $0.code == code }) { return self(refusal) }
    return OutcomeWords(rawValue: code).map { self($0) } ?? code
  }

  /// Why a request was refused at the door: a problem's code.
  func door(_ code: String) -> String {
    if language == .english { return code }
    return ProblemCode.allCases.first { "\($0.name)" == code }.map { self($0) } ?? code
  }
}
