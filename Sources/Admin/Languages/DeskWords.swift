/// Orders, instants, bulk jobs, the quarantine and audits.
enum DeskWords: Message {
  case orders, ordersOf, asOnePlace, found, noneLikeThat, order, buyer, state, units, amount, acceptedAt, firstDecision
  case any, acceptedFrom, acceptedBefore, refusedToo, no, yes, search, findHint, find, lastPage, nextPage, showBuyers
  case ofWhichSale, history, historyLine, noRecord, record, action, result, minorUnits, by, payments, payment, captured
  case applied, refundDue, refunded, searchOrders, moment, momentOf, reckoned, undecided, afterFirst, show, first
  case last, heldUntil, several
  case accepted, decided, inLine, confirmed, waitlisted, rejected, refusedAtDoor, stockAndLine, putUp, left, held, sold
  case waiting, partitions, partition, nextOffset, perSecond
  case allThatFit, whatToDo, cancel, refund, extend, resend, preview, matching, applicable, notAll, start, startAll, why
  case jobs, job, noJobs, progress, startedBy, createdAt, stop, resultFile, running, done, stopped, failed, sale
  case skipped, written, refusedCommands, waits, query
  case quarantine, noRecords, error, setAside, open, requeued, dismissed, requeue, dismiss, content, bytes, fields, key
  case answered, placing, resolvedBy, older, whatItMeans, haltMeans, halts, resume, resumeHint
  case audits, audit, noAudits, startAudit, auditHint, verdict, report, phase, startedAt, notEnded, notEndedHint

  init(_ action: String) {
    self =
      switch action {
      case "cancel": .cancel
      case "refund": .refund
      case "extend": .extend
      default: .resend
      }
  }

  /// The state of a job or an audit.
  init(state: String) {
    self =
      switch state {
      case "done", "finished": .done
      case "stopped": .stopped
      case "failed": .failed
      case "not_ended": .notEnded
      default: .running
      }
  }

  var texts: (english: String, chinese: String) {
    switch self {
    case .orders: ("Orders", "订单")
    case .ordersOf: ("Orders of {1}", "{1} 的订单")
    case .asOnePlace:
      (
        "As of one place of the log: each order once, whatever happens between two pages.",
        "以日志的同一位置为准：翻页期间无论发生什么，每个订单只出现一次。"
      )
    case .found: ("{1} on this page, {2} looked at", "本页 {1} 个，已检查 {2} 个")
    case .noneLikeThat: ("No order is like that among those that were looked at.", "已检查的订单中没有匹配的。")
    case .order: ("Order", "订单")
    case .buyer: ("Buyer", "买家")
    case .state: ("State", "状态")
    case .units: ("Units", "件数")
    case .amount: ("Amount", "金额")
    case .minorUnits: ("{1} minor units", "{1} 最小货币单位")
    case .acceptedAt: ("Accepted", "受理时间")
    case .firstDecision: ("First decision", "首次裁决")
    case .any: ("any", "全部")
    case .acceptedFrom: ("Accepted from", "受理时间不早于")
    case .acceptedBefore: ("Accepted before", "受理时间早于")
    case .refusedToo: ("Refusals of a buyer too (slow)", "包括买家被拒的请求（较慢）")
    case .no: ("no", "否")
    case .yes: ("yes", "是")
    case .search: ("Search", "搜索")
    case .findHint: ("Order, payment or ticket; a buyer is searched for in a sale", "订单号、支付号或票据；买家请在活动内搜索")
    case .several: ("Several orders have this payment", "多个订单使用此支付号")
    case .find: ("Find", "查找")
    case .lastPage: ("This is the last page.", "已是最后一页。")
    case .nextPage: ("Next page", "下一页")
    case .showBuyers: ("Show buyers as they are", "显示完整买家编号")
    case .ofWhichSale: ("Orders of a sale", "按活动查看订单")
    case .history: ("History", "历史")
    case .historyLine:
      (
        "The records of the order as they are in the log; the table below has the same.",
        "订单在日志中的记录；下表内容相同。"
      )
    case .heldUntil: ("held until {1}", "占用至 {1}")
    case .noRecord: ("The store has no record of it.", "没有相关记录。")
    case .record: ("Record", "记录")
    case .action: ("Action", "操作")
    case .result: ("Result", "结果")
    case .by: ("By", "操作人")
    case .payments: ("Payments", "支付")
    case .payment: ("Payment", "支付号")
    case .captured: ("Captured", "已扣款")
    case .applied: ("Applied", "已入账")
    case .refundDue: ("Refund due", "应退")
    case .refunded: ("Refunded", "已退")
    case .searchOrders: ("Search orders", "搜索订单")
    case .moment: ("As it stood at an instant", "查看任一时刻")
    case .momentOf: ("{1} as it stood", "{1} 当时的情况")
    case .reckoned: ("{1}, reckoned from the decisions of the log", "{1}，由日志的裁决推算")
    case .undecided: ("No request of this sale is decided yet.", "该活动尚无裁决。")
    case .afterFirst: ("Milliseconds after the first request, 0 to {1}", "首个请求之后的毫秒数，0 至 {1}")
    case .show: ("Show", "显示")
    case .first: ("first", "最早")
    case .last: ("last", "最晚")
    case .accepted: ("Accepted", "已受理")
    case .decided: ("Decided", "已裁决")
    case .inLine: ("In line", "排队中")
    case .confirmed: ("Confirmed", "成功")
    case .waitlisted: ("Waitlisted", "候补")
    case .rejected: ("Rejected", "拒绝")
    case .refusedAtDoor: ("Refused at the door", "入口拒绝")
    case .stockAndLine: ("Stock and line", "库存与排队")
    case .putUp: ("put up", "投放")
    case .left: ("left", "剩余")
    case .held: ("held", "占用")
    case .sold: ("sold", "已售")
    case .waiting: ("waiting", "候补")
    case .partitions: ("Partitions", "分区")
    case .partition: ("partition", "分区")
    case .nextOffset: ("next offset", "下一偏移")
    case .perSecond: ("decided in the second before", "前一秒裁决数")
    case .allThatFit: ("All orders that fit", "全部匹配的订单")
    case .whatToDo: ("Do to each", "对每个订单")
    case .cancel: ("cancel", "取消")
    case .refund: ("note what is due as refunded", "登记应退款项已退")
    case .extend: ("extend the hold", "延长占用")
    case .resend: ("resend webhooks that were given up", "重发已放弃的 webhook")
    case .preview: ("Preview", "预览")
    case .matching: ("{1} orders fit", "匹配 {1} 个订单")
    case .applicable: ("{1} of them can be done", "其中 {1} 个可执行")
    case .notAll: ("Not all orders were looked at: more may fit.", "尚未检查所有订单，可能还有更多匹配。")
    case .start: ("Start", "开始")
    case .startAll: ("Start a job about all {1} orders?", "对全部 {1} 个订单开始任务？")
    case .why: ("Why", "原因")
    case .jobs: ("Jobs", "批量任务")
    case .job: ("Job {1}", "任务 {1}")
    case .noJobs: ("There is no bulk job yet.", "还没有批量任务。")
    case .progress: ("{1} of {2} written, {3} decided", "已写入 {1} / {2}，已裁决 {3}")
    case .startedBy: ("Started by", "发起人")
    case .createdAt: ("Started at", "开始时间")
    case .stop: ("Stop", "停止")
    case .resultFile: ("Result as CSV", "结果 (CSV)")
    case .running: ("running", "进行中")
    case .done: ("done", "已完成")
    case .stopped: ("stopped", "已停止")
    case .failed: ("failed", "失败")
    case .sale: ("Sale", "活动")
    case .skipped: ("Passed over", "已跳过")
    case .written: ("Written", "已写入")
    case .refusedCommands: ("Changed nothing", "未产生变更")
    case .waits: ("It waits for a second person: see Approvals.", "等待他人复核，见“复核”。")
    case .query: ("Search", "搜索条件")
    case .quarantine: ("Quarantine", "隔离区")
    case .noRecords: ("No record was set aside.", "没有被隔离的记录。")
    case .error: ("What was found", "问题")
    case .setAside: ("Set aside", "隔离时间")
    case .open: ("open", "待处理")
    case .requeued: ("requeued", "已重新入队")
    case .dismissed: ("dismissed", "已忽略")
    case .requeue: ("Requeue: a lane decides a copy of it", "重新入队：由处理线裁决其副本")
    case .dismiss: ("Dismiss: it is not needed", "忽略：不再需要")
    case .content: ("What is in it", "内容")
    case .bytes: ("Bytes", "字节")
    case .fields: ("Fields", "字段")
    case .key: ("Key", "键")
    case .resolvedBy: ("{1} by {2} at {3}: {4}", "{1}，操作人 {2}，时间 {3}：{4}")
    case .answered: ("What PostgreSQL said", "PostgreSQL 的答复")
    case .placing: ("place", "下单")
    case .older: ("Further records", "更多记录")
    case .whatItMeans: ("What it means", "含义")
    case .haltMeans:
      (
        "The log and the store do not agree at this place, so nobody decides further. Look at what was found, and "
          + "at an audit, before the partition goes on.",
        "日志与数据库在此处不一致，因此停止裁决。请先查看问题与审计结果，再让分区继续。"
      )
    case .halts: ("Halted partitions", "已停止的分区")
    case .resume: ("Let partition {1} go on", "让分区 {1} 继续")
    case .resumeHint: ("where it stopped, if it is empty", "留空则从停止处继续")
    case .audits: ("Audit", "审计")
    case .audit: ("Audit {1}", "审计 {1}")
    case .noAudits: ("No audit was run yet.", "尚未运行审计。")
    case .startAudit: ("Start an audit", "开始审计")
    case .notEnded: ("not ended", "未完成")
    case .notEndedHint:
      (
        "This audit has no verdict. Its process has shown no life for long. Start another audit.",
        "执行它的进程长时间没有响应，因此没有结论。请重新开始一次审计。"
      )
    case .auditHint:
      (
        "It decides the whole log again beside the lanes, and compares the result with the store.",
        "在不影响处理的情况下重新裁决整个日志，并与数据库比较。"
      )
    case .verdict: ("Verdict", "结论")
    case .report: ("Report", "报告")
    case .phase: ("{1}: {2} of {3}", "{1}：已完成 {2} / {3}")
    case .startedAt: ("Started at", "开始时间")
    }
  }
}
