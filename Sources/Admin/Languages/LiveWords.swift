/// The live page.
enum LiveWords: Message {
  case live, title, report, reload, storeAway, needsPerson, answers, stock, room, partitions, silent
  case old, asOf, opensIn, endsIn, clock, over, nothingSold, at, days
  case nothingNeeded, requestRate, perSecond, refusedPerSecond, acceptedRate, decidedPerSecond
  case backlog, nothingWaits, decidedIn, noRate, unknown
  case left, ofPutUp, delay, head, decidedUpTo, nothingLately, p50
  case answer, inAll, accepted, decided, repeats, refused, toldEachSecond, before, minute, decidedMinute
  case requestsPerSecond, secondsAgo, now, paid
  case noRoom, waiting, inside, admitted, admittedPerSecond, abandoned, rate, perMinute, none, paused
  case ofSale, partition, state, headOffset, lag, lease, owner
  case halted, unowned, ownerSilent, working, idle

  var texts: (english: String, chinese: String) {
    switch self {
    case .live: ("Live", "实时")
    case .title: ("Live: {1}", "实时：{1}")
    case .report: ("Report", "报告")
    case .reload: ("Without JavaScript this page stands still. Load it anew", "未启用 JavaScript，页面不会自动更新。重新加载")
    case .storeAway:
      (
        "The database does not answer. This page tries again by itself.", "数据库无应答，页面会自动重试。"
      )
    case .needsPerson: ("What needs a person", "需要人工处理")
    case .answers: ("Requests by answer", "请求应答")
    case .stock: ("Stock", "库存")
    case .room: ("Waiting room", "等候室")
    case .partitions: ("Partitions", "分区")
    case .silent:
      ("Nothing was heard for {1} s: these numbers are as old.", "已 {1} 秒没有收到更新，以下数据停留在当时。")
    case .old: ("These numbers are {1} old: the database does not answer.", "数据库无应答，以下数据为 {1} 前。")
    case .asOf: ("as of {1}", "截至 {1}")
    case .opensIn: ("Opens in", "距开始")
    case .endsIn: ("Ends in", "距结束")
    case .clock: ("Clock", "时钟")
    case .over: ("over", "已结束")
    case .nothingSold: ("nothing is sold", "不再销售")
    case .at: ("at {1}", "于 {1}")
    case .days: ("{1} d {2}", "{1} 天 {2}")
    case .nothingNeeded: ("Nothing needs a person now.", "目前无需人工处理。")
    case .requestRate: ("Requests per second", "每秒请求")
    case .perSecond: ("per second", "每秒")
    case .refusedPerSecond: ("{1} refused at the door", "其中入口拒绝 {1}")
    case .acceptedRate: ("Accepted per second", "每秒受理")
    case .decidedPerSecond: ("{1} decided", "已裁决 {1}")
    case .backlog: ("Backlog", "积压")
    case .nothingWaits: ("nothing waits", "无等待")
    case .decidedIn: ("decided in {1}", "预计 {1} 内裁决完")
    case .noRate: ("no rate yet", "尚无速率")
    case .unknown: ("unknown", "未知")
    case .left: ("Units left", "剩余件数")
    case .ofPutUp: ("of {1} put up", "共投放 {1}")
    case .delay: ("Decision delay", "裁决延迟")
    case .head: ("Head of the line", "队首")
    case .decidedUpTo: ("decided up to {1}", "已裁决至 {1}")
    case .nothingLately: ("nothing was decided lately", "近期无裁决")
    case .p50: ("p50; p99 {1} ms", "p50；p99 {1} ms")
    case .answer: ("answer", "应答")
    case .inAll: ("in all", "累计")
    case .accepted: ("accepted by intakes", "入口已受理")
    case .decided: ("decided by lanes", "队列已裁决")
    case .repeats: ("repeats", "重复请求")
    case .refused: ("refused at the door", "入口拒绝")
    case .toldEachSecond:
      (
        "Intakes tell once a second what they accept and refuse. What one had not told when it died is missing.",
        "入口每秒上报一次受理与拒绝的数量；进程崩溃时尚未上报的不计入。"
      )
    case .before: ("before", "此前")
    case .minute: ("Requests in the last minute", "最近一分钟的请求")
    case .decidedMinute: ("Decided in the last minute", "最近一分钟的裁决")
    case .requestsPerSecond: ("requests per second", "每秒请求数")
    case .secondsAgo: ("{1} s ago", "{1} 秒前")
    case .now: ("now", "现在")
    case .paid: ("paid", "已付款")
    case .noRoom: ("This sale has no waiting room.", "此活动没有等候室。")
    case .waiting: ("waiting", "等候中")
    case .inside: ("inside", "已进入")
    case .admitted: ("admitted so far", "累计放行")
    case .admittedPerSecond: ("admitted per second", "每秒放行")
    case .abandoned: ("abandoned", "已放弃")
    case .rate: ("rate set by an operator", "运营设定的速率")
    case .perMinute: ("{1} per minute", "每分钟 {1}")
    case .none: ("none", "无")
    case .paused: ("Paused: nobody is let in.", "已暂停：暂不放行。")
    case .ofSale: ("records of this sale go here", "此活动的记录写入该分区")
    case .partition: ("partition", "分区")
    case .state: ("state", "状态")
    case .headOffset: ("head", "队首")
    case .lag: ("lag", "积压")
    case .lease: ("lease age", "租约时长")
    case .owner: ("owner", "持有者")
    case .halted: ("halted", "已停止")
    case .unowned: ("nobody's", "无人持有")
    case .ownerSilent: ("owner is silent", "持有者无响应")
    case .working: ("deciding", "裁决中")
    case .idle: ("idle", "空闲")
    }
  }
}
