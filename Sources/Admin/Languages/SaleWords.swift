/// The forms of a sale.
enum SaleWords: Message {
  case new, edit, duplicate, close, restock, create, save, id, name, zone, zoneHint, starts, ends, choice, earlier,
    later
  case limit, limitHint, items, itemsHint, why, times, preview, previewTitle, units, sku, confirm, closeNote
  case wrongZone, wrongForm, gap, overlap, wrongLine, wrongItem, changedMeanwhile, now, yours, nothingChanged, waits,
    after, before
  case left, putUp, willBe, willBeFrom, willBeOffered, isClosed, hasEnded, none, search, status, anyStatus, older,
    filter
  case hold, holdHint, backlog, backlogHint, changedBy, changing, field, priceOf, queued, held, inLine, closeTitle,
    closeHint

  var texts: (english: String, chinese: String) {
    switch self {
    case .new: ("New sale", "新建活动")
    case .edit: ("Change", "修改")
    case .duplicate: ("Duplicate", "复制")
    case .close: ("Close the sale", "关闭活动")
    case .restock: ("Restock", "补货")
    case .create: ("Create the sale", "创建活动")
    case .save: ("Save", "保存")
    case .id: ("Id", "编号")
    case .name: ("Name", "名称")
    case .zone: ("Time zone", "时区")
    case .zoneHint: ("As Asia/Shanghai; all times of this form are in it", "例如 Asia/Shanghai；本表单的时间均为该时区")
    case .starts: ("Starts", "开始时间")
    case .ends: ("Ends", "结束时间")
    case .choice: ("If the clock shows it twice", "若该时刻出现两次")
    case .earlier: ("the first time", "第一次")
    case .later: ("the second time", "第二次")
    case .limit: ("Units per buyer at most", "每位买家最多件数")
    case .limitHint: ("Leave it empty for no limit", "留空表示不限")
    case .items: ("SKUs", "SKU 列表")
    case .itemsHint: ("A line for each: SKU, units, price, currency", "每行一个：SKU、件数、价格、币种")
    case .why: ("Why", "原因")
    case .times: ("{1} to {2} ({3})", "{1} 至 {2}（{3}）")
    case .preview: ("Preview", "预览")
    case .previewTitle: ("What will happen", "将要发生的变更")
    case .units: ("Units", "件数")
    case .sku: ("SKU", "商品 SKU 编号")
    case .confirm: ("Do it", "确认执行")
    case .closeNote:
      ("Nobody can order from then on. What is in line is still decided.", "关闭后不再接受订单；已排队的请求仍会裁决。")
    case .wrongZone: ("There is no such time zone.", "没有这个时区。")
    case .wrongForm: ("This is no date and time.", "不是有效的日期时间。")
    case .gap: ("The clocks skip this time. Choose another one.", "该时刻被夏令时跳过，请另选时间。")
    case .overlap: ("The clocks show this time twice: at {1} and at {2}. Choose one.", "该时刻出现两次：{1} 和 {2}，请选择其一。")
    case .wrongLine: ("Line {1} has not four parts: SKU, units, price, currency.", "第 {1} 行不是四项：SKU、件数、价格、币种。")
    case .wrongItem: ("Line {1}: {2} {3}.", "第 {1} 行：{2} {3}。")
    case .changedMeanwhile:
      (
        "Somebody else has changed this sale since you loaded it. Nothing was saved.",
        "您打开后，他人已修改此活动，本次未保存。"
      )
    case .now: ("It is now", "当前为")
    case .yours: ("It was when you loaded it", "您打开时为")
    case .nothingChanged: ("Nothing differs from how it is.", "没有任何修改。")
    case .waits: ("It waits for a second person.", "等待第二人复核。")
    case .after: ("after", "之后")
    case .before: ("before", "之前")
    case .left: ("left", "剩余")
    case .putUp: ("put up", "投放")
    case .willBe: ("{1} more units of {2} can be sold at once.", "{2} 将立即增加 {1} 件可售。")
    case .willBeFrom:
      ("{1} more units of {2} can be sold from the opening on, at {3}.", "{2} 将增加 {1} 件，开始后（{3}）可售。")
    case .willBeOffered:
      (
        "{1} more units of {2} are offered to those who wait, in their order. The rest can be sold at once.",
        "{2} 增加的 {1} 件先按顺序提供给候补者，其余立即可售。"
      )
    case .isClosed:
      (
        "{2} is closed. {1} more units are put up, and nobody can buy them until it is reopened.",
        "{2} 已关闭：将增加 {1} 件投放，但重新开放之前无人可购买。"
      )
    case .hasEnded:
      (
        "The sale ended at {3}. {1} more units of {2} are put up, and nobody can buy them until its end is moved.",
        "活动已于 {3} 结束：{2} 将增加 {1} 件投放，但推迟结束时间之前无人可购买。"
      )
    case .none: ("no limit", "不限")
    case .search: ("Id or name", "编号或名称")
    case .status: ("State", "状态")
    case .anyStatus: ("all", "全部")
    case .older: ("Older sales", "更早的活动")
    case .filter: ("Filter", "筛选")
    case .hold: ("Seconds to pay", "支付时限（秒）")
    case .holdHint:
      (
        "What is won is held for so long, until it is paid. Leave it empty to confirm without a payment",
        "抢到的商品保留多久以待支付；留空表示无需支付即确认"
      )
    case .backlog: ("Orders in line", "排队订单上限")
    case .backlogHint:
      (
        "Orders that may wait to be decided; a further one is asked to come back. Leave it empty for any number",
        "最多允许多少订单等待裁决，超出者稍后再试；留空表示不限"
      )
    case .changedBy: ("It was changed by {1} at {2}.", "由 {1} 于 {2} 修改。")
    case .changing:
      (
        "{1} has saved a change at {2}, and it is not decided yet. Load the page again in a moment.",
        "{1} 于 {2} 保存的修改尚未裁决，请稍后重新加载。"
      )
    case .field: ("Field", "字段")
    case .priceOf: ("Price of {1}", "{1} 的价格")
    case .queued:
      (
        "The change is in the log, and not decided yet. Load the page again to see what has become of it.",
        "修改已写入日志，尚未裁决。请稍后重新加载查看结果。"
      )
    case .held: ("held and not paid", "占用未付")
    case .inLine: ("Requests in line, which are still decided: {1}", "排队中、仍会裁决的请求：{1}")
    case .closeTitle: ("Close {1}?", "关闭 {1}？")
    case .closeHint:
      ("What is held can still be paid. Units that are left stay unsold.", "已占用的仍可支付；剩余件数不再出售。")
    }
  }
}
