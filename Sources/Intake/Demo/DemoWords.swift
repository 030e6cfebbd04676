internal import FoundationEssentials
internal import Hummingbird

/// A language of the buyer's page. The raw values are those of HTML's `lang`.
enum DemoLanguage: String, CaseIterable {
  case english = "en"
  case chinese = "zh-Hans"

  /// `?lang=` first, then the first of `Accept-Language` that there is, else English.
  init(of request: Request) {
    let accepted = (request.headers[.acceptLanguage] ?? "").split(separator: ",").map { part in
      String(part.prefix { $0 != ";" }.filter { $0 != " " })
    }
    let asked = request.uri.queryParameters["lang"].map { [String($0)] } ?? []
    self = (asked + accepted).lazy.compactMap(DemoLanguage.init(tag:)).first ?? .english
  }

  private init?(tag: String) {
    switch tag.lowercased().prefix(2) {
    case "en": self = .english
    case "zh": self = .chinese
    default: return nil
    }
  }

  var ownName: String {
    switch self {
    case .english: "English"
    case .chinese: "简体中文"
    }
  }
}

/// A text of the buyer's page. The page's script has them by name; `{1}`, `{2}` stand for values.
enum DemoWords: String, CaseIterable {
  // The page.
  case title, heading, needsScript, who, sale, youAre, somebodyElse, noSaleYet, room, join, leave, verify
  case yourOrder, way, heldFor, pay, keep, giveBack
  // The sale.
  case opensIn, endsIn, isOver, isOpen, buy, buySKU, item, noAnswer, answerWas, unknownYet, notPlaced, paySum
  case place, about, tooMany, reason, thanks, waitBefore, holdEnds, pressE
  // Its room.
  case youAreNext, beforeYou, yourTurn, entered, admitted, left, done, expired, revoked, invitation, waitsFor
  case paused, soldOut, areHeld
  // Its draw.
  case notDrawn, drawHolds, drawFails, rank, secretHolds, entriesHold, seedHolds, orderHolds, among, notAmong
  // The states of an order.
  case queued, confirmed, reserved, waiting, paid, fulfilled, rejected, released, holdOver, cancelled, lapsed
  case refundDue, refunded, quarantined
  // Why an order or another request was refused, by the API's codes.
  case notStarted = "not_started"
  case ended, closed
  case limitReached = "limit_reached"
  case nothingLeft = "sold_out"
  case insufficientStock = "insufficient_stock"
  case subjectLimitReached = "subject_limit_reached"
  case codeUsedUp = "code_used_up"
  case allHeld = "all_held"
  case holdAbuse = "hold_abuse"
  case rateLimited = "rate_limited"
  case lineFull = "line_full"
  case backlogFull = "backlog_full"
  case partitionHalted = "partition_halted"
  case roomRequired = "room_required"
  case tokenInvalid = "token_invalid"
  case notAllowed = "not_allowed"
  case noneLeft = "none_left"

  func callAsFunction(_ language: DemoLanguage) -> String {
    switch language {
    case .english: texts.english
    case .chinese: texts.chinese
    }
  }

  /// All of them by name, as JSON that can stand in a page: it has no `<`.
  static func json(_ language: DemoLanguage) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let words = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0(language)) })
    guard let data = try? encoder.encode(words) else { return "{}" }
    return String(decoding: data, as: UTF8.self).replacing("<", with: "\\u003c")
  }

  private var texts: (english: String, chinese: String) {
    onPage ?? ofSale ?? ofRoom ?? ofDraw ?? ofState ?? ofRefusal
  }

  private var onPage: (english: String, chinese: String)? {
    switch self {
    case .title: ("Buyer's page · Penstock", "买家页面 · Penstock")
    case .heading:
      ("the buyer's page, for development: nothing here is real money", "买家页面，仅供开发使用：不涉及真实付款")
    case .needsScript:
      ("This page needs JavaScript: it is a client of the API.", "此页面需要 JavaScript：它是 API 的客户端。")
    case .who: ("Who and what", "买家与活动")
    case .sale: ("Sale", "活动")
    case .youAre: ("You are", "您是")
    case .somebodyElse: ("Somebody else", "换一位买家")
    case .noSaleYet: ("No sale yet", "暂无活动")
    case .room: ("Waiting room", "等候室")
    case .join: ("Join the room", "进入等候室")
    case .leave: ("Leave", "离开")
    case .verify: ("Verify my draw", "验证抽签")
    case .yourOrder: ("Your order", "您的订单")
    case .way: ("Your way through the line", "排队进度")
    case .heldFor: ("Held for you for", "为您保留")
    case .pay: ("Pay", "付款")
    case .keep: ("Keep it longer", "延长保留")
    case .giveBack: ("Give it back", "放弃")
    default: nil
    }
  }

  private var ofSale: (english: String, chinese: String)? {
    switch self {
    case .opensIn: ("Opens in", "距开始")
    case .endsIn: ("Ends in", "距结束")
    case .isOver: ("The sale is over.", "活动已结束。")
    case .isOpen: ("The sale is open.", "活动已开始。")
    case .buy: ("Buy", "购买")
    case .buySKU: ("Buy {1}", "购买 {1}")
    case .item: ("{1}, {2}: {3} of {4} left", "{1}，{2}：剩余 {3} / {4}")
    case .noAnswer: ("Penstock does not answer; trying again.", "Penstock 无应答，正在重试。")
    case .answerWas: ("The answer was {1}.", "应答为 {1}。")
    case .unknownYet:
      (
        "It is not known yet whether your order was taken; asking again is safe.", "尚不清楚订单是否已受理；重试是安全的。"
      )
    case .notPlaced: ("Your order could not be placed. Try again.", "下单失败，请重试。")
    case .paySum: ("Pay {1}", "付款 {1}")
    case .place: ("Place {1}.", "排在第 {1} 位。")
    case .about: ("About {1}.", "约 {1}。")
    case .tooMany: ("More are before you than is left.", "您前面的人数多于剩余库存。")
    case .reason: ("Reason: {1}.", "原因：{1}。")
    case .thanks: ("Thank you.", "谢谢。")
    case .waitBefore: ("{1} wait before you.", "您前面还有 {1} 人候补。")
    case .holdEnds: ("Your hold ends in {1} seconds.", "保留将在 {1} 秒后结束。")
    case .pressE: ("Press E to keep it longer.", "按 E 键延长保留。")
    default: nil
    }
  }

  private var ofRoom: (english: String, chinese: String)? {
    switch self {
    case .youAreNext: ("You are next.", "下一位就是您。")
    case .beforeYou: ("{1} are before you.", "您前面还有 {1} 人。")
    case .yourTurn: ("Your turn: you can buy now.", "轮到您了，现在可以购买。")
    case .entered: ("You are in the draw. The lot decides who comes first.", "您已参加抽签，由抽签决定先后。")
    case .admitted: ("You are in: buy now.", "您已进入，请购买。")
    case .left: ("You have left.", "您已离开。")
    case .done: ("You are done here.", "您已完成。")
    case .expired: ("Your time is over. Join again for a new place.", "您的时间已到，请重新排队。")
    case .revoked: ("Your place was taken away.", "您的位置已被取消。")
    case .invitation: ("Join, and wait for your turn.", "请进入等候室，等待轮到您。")
    case .waitsFor: ("The draw waits for {1}.", "抽签等待 {1}。")
    case .paused: ("The room is paused.", "等候室已暂停。")
    case .soldOut: ("Nothing is left.", "已售罄。")
    case .areHeld: ("All that is left is held by others. It can come back.", "剩余库存均被他人占用，可能会释放。")
    default: nil
    }
  }

  private var ofDraw: (english: String, chinese: String)? {
    switch self {
    case .notDrawn: ("The lot is not drawn yet.", "尚未抽签。")
    case .drawHolds: ("The draw is what it was promised to be.", "抽签与承诺一致。")
    case .drawFails: ("The draw cannot be verified.", "抽签无法通过验证。")
    case .rank: ("You are number {1} of {2}.", "您在 {2} 人中排第 {1}。")
    case .secretHolds:
      ("The secret is the one that was committed to before anybody joined.", "密钥与任何人加入前承诺的一致。")
    case .entriesHold:
      (
        "The entries are those of the closing: none was added, dropped or moved.",
        "名单与截止时一致：没有增加、删除或调换。"
      )
    case .seedHolds: ("The seed follows from the secret, the entries and the beacon.", "种子由密钥、名单和信标得出。")
    case .orderHolds: ("The order follows from the seed.", "顺序由种子得出。")
    case .among: ("You are among the entries.", "您在名单中。")
    case .notAmong: ("You are not among the entries.", "您不在名单中。")
    default: nil
    }
  }

  private var ofState: (english: String, chinese: String)? {
    switch self {
    case .queued: ("In line", "排队中")
    case .confirmed: ("You have it", "抢购成功")
    case .reserved: ("It is held for you", "已为您保留")
    case .waiting: ("You wait for units that come back", "候补中")
    case .paid: ("Paid: it is yours", "已付款，归您所有")
    case .fulfilled: ("It is on its way", "已发货")
    case .rejected: ("Not this time", "未能购得")
    case .released: ("You gave it back", "您已放弃")
    case .holdOver: ("The hold is over", "保留已到期")
    case .cancelled: ("Cancelled", "已取消")
    case .lapsed: ("Nothing came back", "候补未成功")
    case .refundDue: ("Money comes back", "待退款")
    case .refunded: ("Money is back", "已退款")
    case .quarantined: ("It could not be decided: a person looks into it", "暂时无法裁决，正由人工处理")
    default: nil
    }
  }

  private var ofRefusal: (english: String, chinese: String) {
    switch self {
    case .notStarted: ("the sale has not begun", "活动尚未开始")
    case .ended: ("the sale has ended", "活动已结束")
    case .closed: ("the sale is closed", "活动已关闭")
    case .limitReached: ("you have as many as one buyer may", "已达每位买家限购数量")
    case .nothingLeft: ("sold out", "已售罄")
    case .insufficientStock: ("fewer are left than you asked for", "剩余库存不足")
    case .subjectLimitReached: ("others who share your address or device have as many as they may", "同一地址或设备已达限购数量")
    case .codeUsedUp: ("the code is used up", "优惠码已用完")
    case .allHeld: ("all that is left is held by others", "剩余库存均被他人占用")
    case .holdAbuse: ("you let too many holds lapse", "您放任过期的保留次数过多")
    case .rateLimited: ("you ask too often", "您的请求过于频繁")
    case .lineFull: ("more are in line than is left", "排队人数已超过剩余库存")
    case .backlogFull: ("too many wait: try again in a moment", "等待的人太多，请稍后再试")
    case .partitionHalted: ("nothing can be ordered of it until a person has looked", "该商品暂停下单，等待人工检查")
    case .roomRequired: ("this sale has a waiting room: join it first", "请先进入等候室")
    case .tokenInvalid: ("your turn is over or was used: join the room again", "您的入场资格已失效，请重新排队")
    case .notAllowed: ("that cannot be done with this order now", "当前状态不允许此操作")
    case .noneLeft: ("it cannot be kept longer", "不能再延长")
    default: (rawValue, rawValue)
    }
  }
}
