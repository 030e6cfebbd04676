/// What a field must be, and what may come of a call: parts of what problems say. The first that fits counts.
struct RuleWords: Message {
  let texts: (english: String, chinese: String)

  private init(_ english: String, _ chinese: String) { texts = (english, chinese) }

  static let allCases: [RuleWords] = texts + numbers + choices + places + sales + effects

  private static let texts: [RuleWords] = [
    RuleWords(
      "must be 1 to {1} characters of A-Z a-z 0-9 . _ -, and not . or .. alone",
      "须为 1 到 {1} 个字符，可用 A-Z a-z 0-9 . _ -，且不能只是 . 或 .."),
    RuleWords("must be 1 to {1} characters of printable ASCII without spaces", "须为 1 到 {1} 个可打印 ASCII 字符，不含空格"),
    RuleWords("must be 1 to {1} bytes of text, without control characters", "须为 1 到 {1} 字节的文字，不含控制字符"),
    RuleWords("must be 1 to {1} bytes without control characters", "须为 1 到 {1} 字节，不含控制字符"),
    RuleWords("must be at most {1} bytes without control characters", "最多 {1} 字节，不含控制字符"),
    RuleWords("must be at most {1} bytes, and without NUL", "最多 {1} 字节，不含 NUL"),
    RuleWords("must be at most {1} bytes", "最多 {1} 字节"),
    RuleWords("must be {1} to {2} bytes", "须为 {1} 到 {2} 字节"),
    RuleWords("must not have control characters", "不能含有控制字符"),
    RuleWords("must not have marks that turn text around", "不能含有改变文字方向的控制符"),
    RuleWords("must have 5 different characters", "须有至少 5 个不同的字符"),
    RuleWords("must not contain the user's name", "不能包含用户名"),
    RuleWords("is missing: say why, for the history", "不能为空：请说明原因，以便记录"),
    RuleWords("is missing, as is everything else that could change", "不能为空：没有任何修改"),
    RuleWords("is missing", "不能为空"),
    RuleWords("is there twice", "重复"),
  ]

  private static let numbers: [RuleWords] = [
    RuleWords("must be a whole number from {1} to {2}", "须为 {1} 到 {2} 的整数"),
    RuleWords("must be a whole number, or empty", "须为整数，或留空"),
    RuleWords("must be a whole number, or left out", "须为整数，或留空"),
    RuleWords("must be {1} to {2} units, or left out for no limit", "须为 {1} 到 {2} 件，留空表示不限"),
    RuleWords("must be {1} to {2} units", "须为 {1} 到 {2} 件"),
    RuleWords("must be {1} to {2} items", "须为 {1} 到 {2} 个 SKU"),
    RuleWords("must be {1} to {2}", "须为 {1} 到 {2}"),
    RuleWords("must be {1} or more", "须不小于 {1}"),
    RuleWords(
      "must be an amount of {1} above 0, without separators of thousands", "须为大于 0 的 {1} 金额，不含千位分隔符"),
    RuleWords("must be three capital letters, as CNY", "须为三个大写字母，例如 CNY"),
    RuleWords("must be above 0 in a sale with holds: nobody can pay 0", "活动需要支付时，价格须大于 0"),
  ]

  private static let choices: [RuleWords] = [
    RuleWords("must be cancel, refund, extend or resend", "须为 cancel、refund、extend 或 resend"),
    RuleWords("must be masked or plain", "须为 masked 或 plain"),
    RuleWords("must be true or false", "须为 true 或 false"),
    RuleWords(
      "must be confirmed, waitlisted, rejected or a reason of a refusal", "须为 confirmed、waitlisted、rejected 或拒绝原因"),
    RuleWords("must be a state of an order, or rejected", "须为订单状态，或 rejected"),
    RuleWords("is no state of a sale", "不是活动状态"),
    RuleWords("is no action of the log", "不是日志中的操作"),
    RuleWords("is no role", "不是角色"),
  ]

  private static let places: [RuleWords] = [
    RuleWords("must be a time of RFC 3339, such as {1}", "须为 RFC 3339 时间，例如 {1}"),
    RuleWords("must be an instant, such as {1}", "须为时刻，例如 {1}"),
    RuleWords("must be later than from", "须晚于 from"),
    RuleWords("must be a sale's id", "须为活动编号"),
    RuleWords("must be a number of a sale", "须为活动序号"),
    RuleWords("must be a number of a line", "须为行号"),
    RuleWords("must be a buyer's id", "须为买家编号"),
    RuleWords("must be a SKU", "须为 SKU 编号"),
    RuleWords("must be a payment's id", "须为支付号"),
    RuleWords("must be a ticket, or payment a payment's id", "须为票据，或以 payment 给出支付号"),
    RuleWords("must be a place of the log, as {1}", "须为日志位置，例如 {1}"),
    RuleWords("must be as the page before has told it", "须使用上一页给出的值"),
    RuleWords("must be as a preview has told it", "须使用预览给出的值"),
    RuleWords("must be as a report or an export has told it", "须使用报告或导出给出的值"),
    RuleWords("names places of the log that are not decided here", "所指的日志位置尚未裁决"),
    RuleWords("is of another sale or another search", "属于其他活动或其他搜索"),
  ]

  private static let sales: [RuleWords] = [
    RuleWords("must be after starts_at", "须晚于开始时间"),
    RuleWords("must be after the waiting room's opens_at", "须晚于等候室的开放时间"),
    RuleWords("must change something", "须有所修改"),
    RuleWords("names another sale", "属于另一个活动"),
    RuleWords("is no SKU of the sale", "不是本活动的 SKU"),
    RuleWords("{1} stands in the sale twice", "{1} 在活动中重复"),
    RuleWords("must be \"sale\" where {1} spans several SKUs", "{1} 涉及多个 SKU 时须为 \"sale\""),
    RuleWords("cannot change: the sale's lottery is forgotten", "不能修改：活动的抽签已不再保留"),
    RuleWords("cannot be given to a sale that has none", "原来不限购的活动不能再设置"),
    RuleWords("cannot be taken away from a sale that has one", "已限购的活动不能取消限购"),
    RuleWords(
      "must be \"refund\" in a sale with limits by subject or with access codes",
      "设有主体限购或访问码的活动须为 \"refund\""),
    RuleWords(
      "cannot change in a sale without holds, which does not keep the price of each order",
      "不能修改：没有占用（待支付）的活动不保存每个订单的价格"),
    RuleWords(
      "is of no line of the order, or is missing for an order of several", "不是订单中的 SKU，或订单有多个 SKU 时未指定"),
  ]

  /// What may have come of a call that was not confirmed.
  private static let effects: [RuleWords] = [
    RuleWords("codes may be on or off", "验证码可能已开启或关闭"),
    RuleWords("dead letters may be sent again, now or later", "已放弃的 webhook 可能会重发"),
    RuleWords("it may be decided, now or later", "可能已处理，或稍后处理"),
    RuleWords("it may be noted", "可能已记录"),
    RuleWords("the change is in the log", "修改已写入日志"),
    RuleWords("the job may be started", "任务可能已开始"),
    RuleWords("the job may be stopped", "任务可能已停止"),
    RuleWords("the partition may go on, now or later", "分区可能已恢复，或稍后恢复"),
    RuleWords("the password may be another", "密码可能已更改"),
    RuleWords("the record may be in the log again, now or later", "记录可能已重新写入日志"),
    RuleWords("the record may be resolved, now or later", "记录可能已处理，或稍后处理"),
    RuleWords("the request may stand, now or later", "请求可能已提交"),
    RuleWords("the role may be another", "角色可能已更改"),
    RuleWords("the sale may be closed, now or later", "活动可能已关闭，或稍后关闭"),
    RuleWords("the sale may be created, now or later", "活动可能已创建，或稍后创建"),
    RuleWords("would leave the lottery without a draw: {1}", "会使抽签无法进行：{1}"),
    RuleWords("the webhook may be gone, now or later", "webhook 可能已删除，或稍后删除"),
    RuleWords("the secret may be another, now or later", "密钥可能已更改"),
    RuleWords("an audit may be told as begun", "审计可能已登记为开始"),
    RuleWords("the token may be revoked", "令牌可能已吊销"),
    RuleWords("the token may be there", "令牌可能已创建"),
    RuleWords("the user may be switched", "用户可能已启用或停用"),
    RuleWords("the user may be there", "用户可能已创建"),
    RuleWords("the waiting room may be changed, now or later", "等候室可能已修改，或稍后修改"),
    RuleWords("the webhook may be switched, now or later", "webhook 可能已启用或停用"),
    RuleWords("the webhook may be there, now or later", "webhook 可能已创建"),
    RuleWords(
      "the worker may give its partitions to the others, now or later", "worker 可能已交出分区，或稍后交出"),
    RuleWords("the zone may be kept", "时区可能已保存"),
    RuleWords("you may be signed in", "可能已登录"),
    RuleWords("you may be signed out", "可能已退出"),
  ]
}
