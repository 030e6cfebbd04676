/// What problems say of one occurrence. The API says it in English; `{1}`, `{2}` stand for what differs.
struct DetailWords: Message {
  let texts: (english: String, chinese: String)

  private init(_ english: String, _ chinese: String) { texts = (english, chinese) }

  static let allCases: [DetailWords] = sales + desk + people + requests

  private static let sales: [DetailWords] = [
    DetailWords("There is no sale {1}.", "没有活动 {1}。"),
    DetailWords("A sale {1} exists; nothing was changed.", "活动 {1} 已存在，未做任何修改。"),
    DetailWords("The sale {1} has no SKU {2}.", "活动 {1} 没有 SKU {2}。"),
    DetailWords("The sale {1} has no waiting room.", "活动 {1} 没有等候室。"),
    DetailWords(
      "The sale {1} is over for two days, and its waiting room is forgotten.", "活动 {1} 已结束两天，其等候室已不再保留。"),
    DetailWords("The sale's lottery is forgotten: create another sale.", "活动的抽签已不再保留，请新建活动。"),
    DetailWords("The lanes refused the change; nothing was changed.", "修改被拒绝，未做任何修改。"),
    DetailWords(
      "All units of {1} together would be more than {2}. Nothing was changed.", "{1} 的总件数将超过 {2}，未做任何修改。"),
    DetailWords(
      "So many units of {1} are not left: what is sold or held stays. Nothing was changed.",
      "{1} 剩余件数不足：已售或占用的不能减少，未做任何修改。"),
    DetailWords(
      "The waiting rooms' topic did not confirm the change. Repeating the call is safe.", "等候室的修改未得到确认，可以安全地重试。"),
    DetailWords("No order {1} is decided.", "订单 {1} 尚未裁决。"),
    DetailWords("The store knows no order {1}; it may be queued still.", "数据库中没有订单 {1}，可能仍在排队。"),
    DetailWords("No order, payment or ticket is {1}.", "没有订单、支付或票据为 {1}。"),
    DetailWords("No order is placed at {1}.", "位置 {1} 没有订单。"),
    DetailWords("The first command counts. Send this one with a key of its own.", "以第一次的命令为准，请使用新的键。"),
    DetailWords("Nothing was done.", "未执行任何操作。"),
    DetailWords(
      "It may be done, now or later. Sending it again with the same Idempotency-Key is safe: it is done once.",
      "可能已执行，或稍后执行。使用相同的 Idempotency-Key 重发是安全的：只会执行一次。"),
    DetailWords(
      "It may be done, now or later. Look what has become of it before you send it again: it could be done twice.",
      "可能已执行，或稍后执行。重发前请先查看结果，否则可能执行两次。"),
  ]

  private static let desk: [DetailWords] = [
    DetailWords("There is no bulk job {1}.", "没有批量任务 {1}。"),
    DetailWords("The bulk job {1} has ended already.", "批量任务 {1} 已结束。"),
    DetailWords(
      "The search finds {1} orders, and {2} were expected. Nothing was started.",
      "现在匹配 {1} 个订单，预览时为 {2} 个。任务未开始。"),
    DetailWords(
      "There is no audit {1}. The newest {2} are remembered.", "没有审计 {1}，只保留最近 {2} 次。"),
    DetailWords("An audit runs already; wait for its verdict.", "审计正在进行，请等待结论。"),
    DetailWords("No record at {1} was set aside.", "位置 {1} 没有隔离记录。"),
    DetailWords("The record at {1} was {2} by {3} at {4}: {5}", "位置 {1} 的记录已处理（{2}），操作人 {3}，时间 {4}：{5}"),
    DetailWords("Nobody has ever worked on partition {1}.", "分区 {1} 从未被处理。"),
    DetailWords("Partition {1} is not halted; nothing was changed.", "分区 {1} 没有停止，未做任何修改。"),
    DetailWords("Partition {1} went on, and is halted anew; nothing was changed.", "分区 {1} 恢复后又停止了，未做任何修改。"),
    DetailWords(
      """
      Commands, baskets or quarantined records of partition {1} are stored up to offset {2}, and are known by it: a \
      log that was made anew goes on at {3} (docs/runbook.md says how); nothing was changed.
      """, "分区 {1} 的命令、组合订单或隔离记录已保存到位置 {2}，并按位置识别：重建的日志须从 {3} 继续（见 docs/runbook.md），未做任何修改。"),
    DetailWords("No worker has the id {1}, or it has ended.", "没有编号为 {1} 的 worker，或它已结束。"),
    DetailWords(
      "Start another worker before you empty worker {1}; nothing was changed.",
      "请先启动另一个 worker，再清空 worker {1}。未做任何修改。"),
    DetailWords(
      "Without worker {1} there is room for {2} of {3} partitions: start another worker first; nothing was changed.",
      "除 worker {1} 外，其他 worker 只能容纳 {3} 个分区中的 {2} 个：请先启动另一个 worker。未做任何修改。"),
    DetailWords("There is no webhook {1}.", "没有 webhook {1}。"),
    DetailWords(
      "There are {1} webhooks, and no more can be added. Remove one first.", "已有 {1} 个 webhook，不能再添加。请先删除一个。"),
    DetailWords(
      """
      {1} secrets of before still sign for webhook {2}, each for a day: rotate when the oldest has ended; nothing was \
      changed.
      """, "webhook {2} 仍有 {1} 个旧密钥在签名，各有效一天：请在最旧的到期后再轮换，未做任何修改。"),
    DetailWords("no answer in time", "未及时应答"),
    DetailWords("this process sends no webhooks", "本进程不发送 webhook"),
    DetailWords(
      "As many watch live as may at once. The page without a stream shows the same, a little later.",
      "同时观看实时页面的人数已达上限。不使用推送的页面显示相同内容，略有延迟。"),
  ]

  private static let people: [DetailWords] = [
    DetailWords("This needs the right {1}. An owner can give it.", "需要权限 {1}，可由所有者授予。"),
    DetailWords("{1} asked for it; somebody else has to approve it.", "由 {1} 发起，须由另一人复核。"),
    DetailWords("Only a person can approve it. Sign in: no token counts.", "只有登录的人可以复核，令牌不行。请登录。"),
    DetailWords("Nobody knows who asked for it. Refuse it, and ask for it anew.", "发起人不明。请拒绝后重新发起。"),
    DetailWords(
      "This needs a second person, and nobody knows who the first is. Sign in, or use a token that a user added.",
      "此操作需要第二人复核，而发起人不明。请登录，或使用由某位用户添加的令牌。"),
    DetailWords("Nothing was done. Look at the list of approvals.", "未执行任何操作，请查看复核列表。"),
    DetailWords(
      "Nothing was changed. Load the page again, and send its form once more.", "未做任何修改。请重新加载页面后再次提交。"),
    DetailWords(
      "Sign in at /admin/sign-in, or send a token as Authorization: Bearer TOKEN (penstock admin token add).",
      "请在 /admin/sign-in 登录，或发送令牌 Authorization: Bearer TOKEN（penstock admin token add）。"),
    DetailWords(
      "The admin log did not take the line of it, so nothing was done. Try again soon.",
      "操作日志未能记录，因此未执行任何操作。请稍后重试。"),
    DetailWords("Many sign in at the moment.", "当前登录人数较多。"),
    DetailWords("Only who has signed in by name has an account.", "只有以用户名登录的人才有账户。"),
    DetailWords("There is no user {1}.", "没有用户 {1}。"),
  ]

  private static let requests: [DetailWords] = [
    DetailWords("Try again soon.", "请稍后重试。"),
    DetailWords(
      "It was not confirmed in time: {1}. Repeating the call is safe: it changes nothing twice.",
      "未及时得到确认：{1}。可以安全地重试，不会重复执行。"),
    DetailWords("format is json (the default) or csv.", "format 为 json（默认）或 csv。"),
    DetailWords("The form cannot be read.", "表单无法读取。"),
    DetailWords("A form's body is application/x-www-form-urlencoded.", "表单内容须为 application/x-www-form-urlencoded。"),
    DetailWords("A form with a file is multipart/form-data.", "带文件的表单须为 multipart/form-data。"),
    DetailWords(
      "{1} is missing: without it, sending this again would do it again.", "缺少 {1}：没有它，重复发送会重复执行。"),
    DetailWords("A body here has at most {1} bytes.", "提交的内容最多 {1} 字节。"),
    DetailWords("This path takes {1}.", "此地址支持 {1}。"),
    DetailWords("This process is not ready yet: {1}.", "进程尚未就绪：{1}。"),
    DetailWords("It cannot be read: {1}.", "无法读取：{1}。"),
  ]
}
