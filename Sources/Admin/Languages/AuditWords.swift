/// What an audit reports, which is stored in English: the names of its counts, and its sentences. `{1}`, `{2}` stand
/// for what differs.
struct AuditWords: Message {
  let texts: (english: String, chinese: String)

  private init(_ english: String, _ chinese: String) { texts = (english, chinese) }

  static let allCases: [AuditWords] = counts + sentences

  /// The special ones first: the first that fits counts.
  static let sentences: [AuditWords] = verdicts + logs + orders + lives + stock + parts

  static let counts: [AuditWords] = [
    AuditWords("records in the log", "日志中的记录"), AuditWords("compared", "已比对"), AuditWords("confirmed", "成功"),
    AuditWords("waitlisted", "候补"), AuditWords("quarantined", "隔离"), AuditWords("repeats", "重复"),
    AuditWords("closes", "关闭"), AuditWords("commands", "命令"), AuditWords("in flight", "处理中"),
    AuditWords("lost", "丢失"), AuditWords("doubled", "重复裁决"), AuditWords("oversold", "超卖"),
    AuditWords("unsold", "有货却被拒"), AuditWords("outcomes without a request", "没有请求的结果"),
    AuditWords("outcomes whose records are gone", "记录已不在日志中的结果"), AuditWords("lives", "订单生命周期"),
    AuditWords("payments", "支付"), AuditWords("entries of the history", "历史条目"),
    AuditWords("ledger: accepted", "台账：已受理"), AuditWords("decided", "已裁决"),
    AuditWords("ledger: unknown", "台账：未知"), AuditWords("ledger: payments, cancellations", "台账：支付与取消"),
    AuditWords("not stored so", "与保存的不符"),
  ]

  private static let verdicts: [AuditWords] = [
    AuditWords("SOUND: the database is what the log gives", "全部正确：数据库与日志一致"),
    AuditWords("VIOLATED: {1} times; see the lines above", "发现 {1} 处错误，见上文"),
    AuditWords("NOT FULLY CHECKED: nothing is wrong in what could be checked", "未能全部检查：已检查的部分没有错误"),
    AuditWords("not checked: {1}", "未检查：{1}"), AuditWords("note: {1}", "注意：{1}"),
    AuditWords("and {1} more", "另有 {1} 处"),
    AuditWords(
      "sale number {1}: captured {2} = applied {3} + refund due {4} + refunded {5}",
      "编号 {1} 的活动：收款 {2} = 已入账 {3} + 待退 {4} + 已退 {5}"),
  ]

  private static let logs: [AuditWords] = [
    AuditWords("the database knows no topic {1}: nothing has run on it", "数据库中没有 topic {1}：从未在其上运行"),
    AuditWords("partition {1} is halted: {2}", "分区 {1} 已停止：{2}"),
    AuditWords(
      """
      partition {1}: what became of the orders of {2} SKUs can be decided again from the log's first record only, and \
      is believed
      """, "分区 {1}：{2} 个 SKU 的订单后续只能从日志的第一条记录起重新裁决，因此未检查而采信"),
    AuditWords(
      "partition {1}: the log has no records at {2} of its offsets, the first of them {3} to {4}",
      "分区 {1}：日志有 {2} 个偏移没有记录，最前面的是 {3} 至 {4}"),
    AuditWords(
      """
      partition {1}: the log ends at {2}, before the progress {3}: it was made again or has lost records, and nothing \
      of it was compared
      """, "分区 {1}：日志止于 {2}，早于进度 {3}：日志被重建或丢失了记录，未作任何比对"),
    AuditWords(
      "partition {1}: the log begins at {2}, behind the progress {3}: its records from {4} on are gone undecided",
      "分区 {1}：日志始于 {2}，晚于进度 {3}：自 {4} 起的记录未经裁决即已丢失"),
    AuditWords(
      """
      partition {1}: the log has lost what was before {2}: it vouches from there on, and the rows before are believed
      """, "分区 {1}：日志已没有 {2} 之前的内容：此后的可核对，此前的数据只能采信"),
    AuditWords(
      """
      partition {1}: the record before the progress {2} is not the one decided there: the log was made again or has \
      lost records{3}
      """, "分区 {1}：进度 {2} 之前的记录不是当时裁决的那一条：日志被重建或丢失了记录{3}"),
    AuditWords(", and nothing of it was compared", "，未作任何比对"),
    AuditWords(", or the progress is wrong; the rows are compared", "，或进度有误；数据仍已比对"),
    AuditWords("line {1} of the admin log is not as it was written, or is gone", "操作日志第 {1} 行已被改动或丢失"),
    AuditWords(
      "the admin log has {1} lines, each as it was written; the last hash is {2}",
      "操作日志共 {1} 行，均未被改动；最后的哈希为 {2}"),
    AuditWords(
      "{1} records that can be read are in quarantine: PostgreSQL refused their rows",
      "隔离区中有 {1} 条可读的记录：PostgreSQL 拒绝了其数据"),
    AuditWords("a record is in quarantine that the log does not have", "隔离区中有日志里没有的记录"),
    AuditWords("the bytes in quarantine are not the log's", "隔离的字节与日志不符"),
    AuditWords("the quarantined record is stored for another order than the log's", "隔离记录所属的订单与日志不符"),
    AuditWords("the quarantined record is stored for another sale than the log's", "隔离记录所属的活动与日志不符"),
    AuditWords("{1} records are in quarantine past their progress", "有 {1} 条隔离记录超过了进度"),
    AuditWords("{1} records were read, and {2} are accounted for", "读取了 {1} 条记录，有去向的为 {2} 条"),
    AuditWords("a ticket is for a partition that the topic does not have", "票据指向 topic 中不存在的分区"),
    AuditWords(
      "a ticket was given for this place, and the log ends at {1}: it lost what it had",
      "此位置曾发出票据，而日志止于 {1}：日志丢失了内容"),
    AuditWords("line {1}: order {2} is stored as another buyer's", "第 {1} 行：订单 {2} 存为其他买家的订单"),
    AuditWords("line {1}: order {2} was accepted, and has no outcome", "第 {1} 行：订单 {2} 已受理，却没有结果"),
    AuditWords(
      "line {1}: order {2}: {3} was answered, and is not stored so", "第 {1} 行：订单 {2}：{3}已应答，与保存的不符"),
  ]

  private static let orders: [AuditWords] = [
    AuditWords("{1} has no outcome: {2}", "{1}没有结果：{2}"),
    AuditWords("by the log it is {1}; the store has nothing of it", "按日志为 {1}，数据库中没有"),
    AuditWords("it cannot be read ({1}), and is not in quarantine", "无法读取（{1}），也不在隔离区"),
    AuditWords("{1}, and it is not in quarantine", "{1}，也不在隔离区"),
    AuditWords("order {1} has an outcome, and its record is in quarantine too", "订单 {1} 已有结果，其记录却也在隔离区"),
    AuditWords("order {1} is first requested here, and was decided at {2}", "订单 {1} 的首个请求在此，却在 {2} 裁决"),
    AuditWords("order {1} has a second outcome, {2}", "订单 {1} 有第二个结果：{2}"),
    AuditWords(
      "order {1} won {2} of {3}, of which the earlier request at {4} was refused as many",
      "订单 {1} 得到 {3} 的 {2} 件，而更早的 {4} 处的请求被拒绝同样的件数"),
    AuditWords("the row of order {1} differs from its request in {2}", "订单 {1} 的数据与其请求不同：{2}"),
    AuditWords(
      "order {1} is stored as refused for line {2}, and by the log it is line {3}, from 0",
      "订单 {1} 存为因第 {2} 行被拒，而按日志为第 {3} 行（从 0 起）"),
    AuditWords(
      "order {1} is stored as {2}, and by the log it is {3}: {4} of {5}, with {6} left",
      "订单 {1} 存为 {2}，而按日志为 {3}：{5} 要 {4} 件，剩余 {6}"),
    AuditWords(
      "order {1} is stored as {2}, though the partition's progress is only at {3}",
      "订单 {1} 存为 {2}，而分区的进度仅到 {3}"),
    AuditWords("order {1} is stored as {2}, and the log gives it no such life", "订单 {1} 存为 {2}，日志中没有这样的经过"),
    AuditWords(
      "order {1} is stored as {2} and by the log it is {3}: they differ in {4}",
      "订单 {1} 存为 {2}，而按日志为 {3}：不同之处为 {4}"),
    AuditWords("order {1} is stored as {2}: {3}", "订单 {1} 存为 {2}：{3}"),
    AuditWords("order {1} is {2}, of stock that the store does not have", "订单 {1} 为 {2}，而数据库中没有其库存"),
    AuditWords("order {1} is {2} by the log, and the store has no life of it", "按日志订单 {1} 为 {2}，数据库中没有"),
    AuditWords("{1} belongs to partition {2}, and was decided in {3}", "{1} 属于分区 {2}，却在分区 {3} 裁决"),
    AuditWords("{1} orders have more than one row", "{1} 个订单有多行数据"),
    AuditWords("{1} orders have more than one row{2}", "{1} 个订单有多行数据{2}"),
  ]

  private static let lives: [AuditWords] = [
    AuditWords("{1}, and the history says otherwise in {2}", "{1}，历史记录与此不同：{2}"),
    AuditWords("{1}: the history does not say so", "{1}，历史中却不是这样"),
    AuditWords("the history does not say so", "历史中却不是这样"),
    AuditWords("{1}: the history has nothing of it", "{1}：历史中没有"),
    AuditWords("the history has nothing of it", "历史中没有"),
    AuditWords(
      "the history has {1} of {2}, and the log has nothing of it there", "历史中有 {2} 的 {1}，日志此处却没有"),
    AuditWords(
      "the history has an entry there, though the partition's progress is only at {1}",
      "历史在此处有一条，而分区的进度仅到 {1}"),
    AuditWords(
      "{1}: units were offered to order {2}, which waits since {3}, and order {4} was before it, at {5}",
      "{1}：件数给了自 {3} 起候补的订单 {2}，而订单 {4} 更早，在 {5}"),
    AuditWords("the life of order {1} is past the partition's progress at {2}", "订单 {1} 的经过超过了分区的进度 {2}"),
    AuditWords("payment {1} is past the partition's progress at {2}", "支付 {1} 超过了分区的进度 {2}"),
    AuditWords("payment {1} is stored, and the log has no such capture", "数据库中有支付 {1}，日志中没有这笔收款"),
    AuditWords("payment {1} of order {2} differs from the log in {3}", "订单 {2} 的支付 {1} 与日志不同：{3}"),
    AuditWords(
      "payment {1} of order {2}, {3}, is in the log, and the store has nothing of it",
      "日志中有订单 {2} 的支付 {1}（{3}），数据库中没有"),
    AuditWords(
      """
      sale number {1}: {2} were captured, and {3} are applied to orders, {4} due to be paid back and {5} paid back
      """, "编号 {1} 的活动：收款 {2}，而已入账 {3}、待退 {4}、已退 {5}"),
    AuditWords(
      "order {1} counts {2} for a {3} by its row, and the log does not say so",
      "按数据，订单 {1} 在 {3} 上计 {2}，日志中却不是这样"),
    AuditWords(
      "order {1} counts {2} for a {3} by the log, and its row differs in {4}",
      "按日志，订单 {1} 在 {3} 上计 {2}，数据与此不同：{4}"),
    AuditWords(
      "order {1} counts {2} for a {3} by the log, and the rows do not say so",
      "按日志，订单 {1} 在 {3} 上计 {2}，数据中却不是这样"),
    AuditWords("{1} of {2} is {3} by the log", "按日志，{2} 的 {1} 为 {3}"),
  ]

  private static let stock: [AuditWords] = [
    AuditWords(
      "{1}: {2} put up and {3} left, but the confirmed orders have {4} units",
      "{1}：投放 {2}，剩余 {3}，而成功的订单共有 {4} 件"),
    AuditWords("{1}: {2} units were confirmed of {3} put up", "{1}：投放 {3} 件，却售出 {2} 件"),
    AuditWords("{1} is stored as {2}, and the log says otherwise", "{1} 存为 {2}，与日志不符"),
    AuditWords(
      "{1}: {2} put up ({3} at first), {4} left and {5} reserved, but the orders hold {6} units and have {7}",
      "{1}：投放 {2}（最初 {3}），剩余 {4}，占用 {5}，而订单占用 {6} 件、已有 {7} 件"),
    AuditWords("{1}: {2} units are held and sold of {3} put up", "{1}：投放 {3} 件，占用与已售共 {2} 件"),
    AuditWords("{1}: the stock row differs from the log in {2}", "{1}：库存数据与日志不同：{2}"),
    AuditWords(
      """
      partition {1}, sale number {2}: the lanes counted {3} requests with {4} repeats, the log has {5} with {6}
      """, "分区 {1}，编号 {2} 的活动：裁决时计有 {3} 个请求、{4} 个重复，日志中为 {5} 和 {6}"),
  ]

  /// What stands in the place of a value.
  private static let parts: [AuditWords] = [
    AuditWords("the request of order {1}", "订单 {1} 的请求"), AuditWords("the record", "该记录"),
    AuditWords("the log has a request of order {1} there", "日志此处是订单 {1} 的请求"),
    AuditWords("the log has no request there", "日志此处没有请求"), AuditWords("the store has nothing of it", "数据库中没有"),
    AuditWords("an outcome that does not exist", "不存在的结果"), AuditWords("an action that does not exist", "不存在的操作"),
    AuditWords("a state that does not exist", "不存在的状态"),
    AuditWords("payment {1} of {2} minor units", "支付 {1}（{2} 最小货币单位）"),
    AuditWords("a cancellation of {1} units", "取消 {1} 件"), AuditWords(", as {1}", "，例如 {1}"),
    AuditWords("order {1}", "订单 {1}"),
    AuditWords("{1}: {2}", "{1}：{2}"),
  ]
}
