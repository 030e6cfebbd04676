internal import SaleStore

/// Sales and their reports.
enum ReportWords: Message {
  case sales, asOf, noSales, oneSKU, manySKUs, soldOf, window, upcoming, open, ended, closed
  case reportAs, ordersAs, orSeparator, jsonLines, unitsSold, ofPutUp, accepted, repeatsBesides, confirmed
  case rejected, ofAccepted, inFlight, notDecided, p99, fromAcceptance, unknown, addsUp, holds, fails
  case acceptedWord, waitlisted, quarantined, stock, byOutcome, outcome, requests, share, door
  case answer, ofAll, allRequests, repeats, refusedAtDoor, answeredAgain, timeline, nothingDecided, delays, max
  case firstSale, lastSale, partitions, halted, noPartition, partition, nextOffset, lag, epoch, owner, since
  case lastSeen, nobody, ago, haltedSince, haltedWord, forExcel, vector, earlier, reportNow, reportThen

  init(_ status: SaleStatus) {
    self =
      switch status {
      case .upcoming: .upcoming
      case .open: .open
      case .ended: .ended
      case .closed: .closed
      }
  }

  var texts: (english: String, chinese: String) {
    switch self {
    case .sales: ("Sales", "活动")
    case .asOf: ("as of {1}", "截至 {1}")
    case .noSales:
      (
        "There is no sale yet. Put one up with penstock sale create --file sale.json or POST /admin/api/sales.",
        "还没有活动。可用 penstock sale create --file sale.json 或 POST /admin/api/sales 创建。"
      )
    case .oneSKU: ("1 SKU", "1 个 SKU")
    case .manySKUs: ("{1} SKUs", "{1} 个 SKU")
    case .soldOf: ("{1} of {2} units sold · {3} left", "已售 {1} / {2} 件 · 剩余 {3}")
    case .window: ("{1} to {2}", "{1} 至 {2}")
    case .upcoming: ("upcoming", "未开始")
    case .open: ("open", "进行中")
    case .ended: ("ended", "已结束")
    case .closed: ("closed", "已关闭")
    case .reportAs: ("Report as", "报告：")
    case .ordersAs: ("All orders as", "全部订单：")
    case .forExcel: ("for Excel (with a byte order mark)", "供 Excel 使用（带 BOM）")
    case .vector: ("vector", "位置向量")
    case .earlier:
      (
        "This is the report as of an earlier place of the log. What came later is not in it.",
        "这是截至日志较早位置的报告，不含之后的变化。"
      )
    case .reportNow: ("The report as of now", "当前报告")
    case .reportThen: ("The report as of then", "当时的报告")
    case .orSeparator: ("or", "或")
    case .jsonLines: ("JSON lines", "JSON Lines")
    case .unitsSold: ("Units sold", "已售件数")
    case .ofPutUp: ("of {1} put up", "共投放 {1}")
    case .accepted: ("Accepted", "已受理")
    case .repeatsBesides: ("{1} repeats besides", "另有重复请求 {1}")
    case .confirmed: ("confirmed", "成功")
    case .rejected: ("rejected", "拒绝")
    case .ofAccepted: ("{1} of accepted", "占受理的 {1}")
    case .inFlight: ("in flight", "处理中")
    case .notDecided: ("not decided yet", "尚未裁决")
    case .p99: ("p99 to decision", "裁决延迟 p99")
    case .fromAcceptance: ("from acceptance", "自受理起")
    case .unknown: ("unknown", "未知")
    case .addsUp: ("Does it add up? {1}.", "账目是否相符？{1}。")
    case .holds: ("holds", "成立")
    case .fails: ("does not hold", "不成立")
    case .acceptedWord: ("accepted", "已受理")
    case .waitlisted: ("waitlisted", "候补")
    case .quarantined: ("quarantined", "隔离")
    case .stock: ("Stock", "库存")
    case .byOutcome: ("Requests by outcome", "请求结果")
    case .outcome: ("outcome", "结果")
    case .requests: ("requests", "请求数")
    case .share: ("of accepted", "占受理")
    case .door: ("At the door", "入口")
    case .answer: ("answer", "应答")
    case .ofAll: ("of all", "占全部")
    case .allRequests: ("all requests", "全部请求")
    case .repeats: ("repeats", "重复请求")
    case .refusedAtDoor: ("refused at the door", "入口拒绝")
    case .answeredAgain: ("winners answered again", "再次告知已购得者")
    case .timeline: ("Timeline", "时间线")
    case .nothingDecided: ("Nothing was decided yet.", "尚无裁决。")
    case .delays: ("From acceptance to decision", "从受理到裁决")
    case .max: ("max", "最大")
    case .firstSale: ("first sale", "首单")
    case .lastSale: ("last sale", "末单")
    case .partitions: ("Partitions of {1}", "{1} 的分区")
    case .halted: ("{1} halted: nobody works on them until a person has looked.", "{1} 个已停止：需人工检查后才会继续。")
    case .noPartition: ("No worker has claimed a partition yet.", "尚无 worker 认领分区。")
    case .partition: ("partition", "分区")
    case .nextOffset: ("next offset", "下一偏移")
    case .lag: ("lag", "积压")
    case .epoch: ("epoch", "纪元")
    case .owner: ("owner", "持有者")
    case .since: ("since", "起始")
    case .lastSeen: ("last seen", "最近活动")
    case .nobody: ("nobody (last {1})", "无（上次 {1}）")
    case .ago: ("{1} ms ago", "{1} 毫秒前")
    case .haltedSince: ("halted since {1}", "自 {1} 停止")
    case .haltedWord: ("halted", "已停止")
    }
  }
}
