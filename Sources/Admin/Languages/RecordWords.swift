extension DecodedRecord.Field: Message {
  var texts: (english: String, chinese: String) {
    switch self {
    case .order: ("Order", "订单")
    case .sale: ("Number of the sale", "活动编号")
    case .sku: ("SKU", "SKU 编号")
    case .buyer: ("Buyer", "买家")
    case .units: ("Units", "件数")
    case .acceptedAt: ("Accepted", "受理时间")
    case .lines: ("Lines", "商品行")
    case .limits: ("Limits", "限购")
    case .buyerLimit: ("Limit of the buyer", "买家限购")
    case .waits: ("May wait for units", "可候补")
    case .payment: ("Payment", "支付号")
    case .amount: ("Amount", "金额")
    case .amountMinor: ("Minor units", "最小货币单位")
    case .change: ("Change", "修改")
    case .commandID: ("Number of the command", "命令编号")
    case .by: ("By", "操作人")
    case .reason: ("Why", "原因")
    }
  }
}
