/// The charts of a report and of the live page.
enum ChartWords: Message {
  case nothingYet, description, numbers, firstOf
  case from, time, orders, unitsBySKU, held, left, sold
  case timeline, decisionsPer, delays, arrivals, requestsPer
  case milliseconds, second, seconds, minute, minutes, hour, hours, day, days
  case under, between, andMore
  case sellOut, unitsAreLeft, partOnly, oneFile
  case zoom, zoomIn, shownIsAPart, partFrom, allOfIt

  var texts: (english: String, chinese: String) {
    switch self {
    case .nothingYet: ("{1}: nothing yet.", "{1}：暂无数据。")
    case .description:
      (
        "{1}: {2} bars from {3} to {4}; the highest has {5} {6}, at {7}.",
        "{1}：{2} 个柱，自 {3} 至 {4}；最高 {5}（{6}），位于 {7}。"
      )
    case .numbers: ("Numbers", "数据")
    case .firstOf: ("The first {1} of {2}; the table has all.", "共 {2} 行，图中为前 {1} 行；表格中有全部。")
    case .from: ("from", "起始")
    case .time: ("time", "用时")
    case .orders: ("orders", "订单")
    case .unitsBySKU: ("Units by SKU", "各 SKU 件数")
    case .held: ("held", "占用")
    case .left: ("left", "剩余")
    case .sold: ("sold", "已售")
    case .timeline: ("Decisions by time of decision ({1})", "按裁决时间统计的裁决 ({1})")
    case .decisionsPer: ("decisions per {1}", "每 {1}的裁决数")
    case .delays: ("Orders by their time from acceptance to decision", "按受理到裁决的用时统计的订单")
    case .arrivals: ("Requests around the opening, by time of arrival ({1})", "开始前后的请求，按到达时间 ({1})")
    case .requestsPer: ("requests per {1}", "每 {1}的请求数")
    case .milliseconds: ("{1} ms", "{1} 毫秒")
    case .second: ("second", "秒")
    case .seconds: ("{1} seconds", "{1} 秒")
    case .minute: ("minute", "分钟")
    case .minutes: ("{1} minutes", "{1} 分钟")
    case .hour: ("hour", "小时")
    case .hours: ("{1} hours", "{1} 小时")
    case .day: ("day", "天")
    case .days: ("{1} days", "{1} 天")
    case .under: ("under {1}", "不到 {1}")
    case .between: ("{1} to {2}", "{1} 至 {2}")
    case .andMore: ("{1} and more", "{1} 及以上")
    case .sellOut: ("from opening to the last unit", "从开始到售罄")
    case .unitsAreLeft: ("units are left", "尚有剩余")
    case .partOnly: ("The chart is of the part shown above.", "此图为上方所示的时间段。")
    case .oneFile: ("one file", "单个文件")
    case .zoom: ("Zoom of the timeline", "时间线缩放")
    case .zoomIn: ("Zoom in:", "放大：")
    case .shownIsAPart: ("Shown is a part.", "当前为部分时间段。")
    case .partFrom: ("from {1}", "自 {1}")
    case .allOfIt: ("all of it", "全部")
    }
  }
}

/// A report beside another one.
enum ComparisonWords: Message {
  case beside, comparison, what, change, without, compareWith, earlierID, compare
  case putUp, unitsSold, unitsLeft, asked, refused, accepted, confirmed, rejected, quarantined, sellOut, p50, p99
  case revenue

  var texts: (english: String, chinese: String) {
    switch self {
    case .beside: ("Beside an earlier sale", "与往期活动对比")
    case .comparison: ("Comparison", "对比")
    case .what: ("what", "指标")
    case .change: ("change", "变化")
    case .without: ("Without comparison", "取消对比")
    case .compareWith: ("Compare with an earlier sale", "与往期活动对比")
    case .earlierID: ("The earlier sale's id", "往期活动编号")
    case .compare: ("Compare", "对比")
    case .putUp: ("units put up", "投放件数")
    case .unitsSold: ("units sold", "已售件数")
    case .unitsLeft: ("units left", "剩余件数")
    case .asked: ("requests in all", "全部请求")
    case .refused: ("refused at the door", "入口拒绝")
    case .accepted: ("accepted", "已受理")
    case .confirmed: ("confirmed", "成功")
    case .rejected: ("rejected", "拒绝")
    case .quarantined: ("quarantined", "隔离")
    case .sellOut: ("from opening to the last unit", "从开始到售罄")
    case .p50: ("p50 to decision", "裁决延迟 p50")
    case .p99: ("p99 to decision", "裁决延迟 p99")
    case .revenue: ("revenue, {1}", "收入（{1}）")
    }
  }
}
