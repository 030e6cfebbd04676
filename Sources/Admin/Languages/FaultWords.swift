/// What the store and the log say of records that were set aside, of partitions that are halted, of audits and of jobs.
/// It is stored in English; `{1}`, `{2}` stand for what differs.
struct FaultWords: Message {
  let texts: (english: String, chinese: String)

  private init(_ english: String, _ chinese: String) { texts = (english, chinese) }

  static let allCases: [FaultWords] = records + halts + audits + jobs + store

  private static let records: [FaultWords] = [
    FaultWords("a tombstone: a record without a value", "tombstone：没有内容的记录"),
    FaultWords("cannot be read: {1}", "无法读取：{1}"),
    FaultWords("the record has no value (a tombstone)", "记录没有内容（tombstone）"),
    FaultWords("the record has {1} bytes, more than the {2} that any record has", "记录有 {1} 字节，超过上限 {2} 字节"),
    FaultWords("the value is not a penstock.log.v1.Record", "内容不是 penstock.log.v1.Record"),
    FaultWords(
      "the record has schema {1}, and this version reads {2}: an older version wrote it",
      "记录格式为 {1}，本版本读取 {2}：由较旧的版本写入"),
    FaultWords(
      "the record has schema {1}, and this version reads {2}: a newer version wrote it",
      "记录格式为 {1}，本版本读取 {2}：由较新的版本写入"),
    FaultWords("the record has no command that this version knows", "记录中没有本版本认识的命令"),
    FaultWords("field {1}: {2}", "字段 {1}：{2}"),
    FaultWords("the store has no stock of SKU {1} in sale number {2}", "数据库中编号 {2} 的活动没有 SKU {1}"),
    FaultWords("the order has several lines, and sale number {1} takes one", "订单有多个商品行，而编号 {1} 的活动只接受一行"),
    FaultWords("the order's lines are priced in {1} and in {2}", "订单各行的币种不同：{1} 和 {2}"),
  ]

  private static let halts: [FaultWords] = [
    FaultWords("no reason was recorded", "未记录原因"),
    FaultWords(
      "the log was truncated: it begins at offset {1}, the next one to decide is {2}",
      "日志被截断：现从偏移 {1} 开始，而下一个待裁决的是 {2}"),
    FaultWords(
      "the topic was recreated: it ends at offset {1}, the next one to decide is {2}",
      "topic 被重建：现止于偏移 {1}，而下一个待裁决的是 {2}"),
    FaultWords(
      "the topic was recreated, or has lost its end: the record at offset {1} is not the one decided there",
      "topic 被重建或丢失了末尾：偏移 {1} 的记录不是当时裁决的那一条"),
    FaultWords("the log has no record at offset {1}; it goes on at or after {2}", "日志在偏移 {1} 没有记录，从 {2} 或其后继续"),
    FaultWords(
      "the record at offset {1} makes its batch fail, and can't be quarantined either",
      "偏移 {1} 的记录使整批失败，也无法隔离"),
  ]

  private static let audits: [FaultWords] = [
    FaultWords("begins", "开始"), FaultWords("sorting", "排序"), FaultWords("comparing", "比对"),
    FaultWords("ledger", "写出台账"), FaultWords("finished", "已完成"), FaultWords("failed", "失败"),
    FaultWords("sound", "全部正确"), FaultWords("violated", "发现错误"), FaultWords("unchecked", "未能全部检查"),
  ]

  private static let jobs: [FaultWords] = [
    FaultWords("its search cannot be read: {1}", "无法读取其搜索条件：{1}"),
    FaultWords("stopped by {1}: {2}", "已由 {1} 停止：{2}"),
  ]

  /// What `PostgresError` says of itself, with the SQLSTATE where the server gave one.
  private static let store: [FaultWords] = [
    ("no connection could be made", "无法建立连接"), ("the server is too old", "服务器版本过旧"),
    ("a transaction could not be started", "无法开始事务"), ("a statement failed", "语句执行失败"),
    ("a parameter cannot be sent", "参数无法发送"), ("a value is not what was asked for", "返回的值与预期不符"),
    ("COPY failed", "COPY 失败"), ("the commit was refused", "提交被拒绝"),
    ("the commit was answered with a rollback", "提交被回滚"), ("the commit was not confirmed", "提交未得到确认"),
    ("the transaction could not be rolled back", "事务无法回滚"), ("the connection is closed", "连接已关闭"),
    ("the connection was misused", "连接使用有误"),
    ("too many wait for a connection of the pool", "等待连接池的请求过多"),
    ("no connection of the pool came free in time", "未能及时得到连接池的连接"), ("the migrations do not fit", "迁移不匹配"),
  ].flatMap { english, chinese in
    [
      FaultWords("PostgreSQL: \(english)", "PostgreSQL：\(chinese)"),
      FaultWords("PostgreSQL: \(english) (SQLSTATE {1})", "PostgreSQL：\(chinese)（SQLSTATE {1}）"),
    ]
  }
}
