/// What a copy of a sale has of its source.
enum CopyWords: Message {
  case copyOf, carried, orderingSale, orderingSKU, extensions, lateIfFree, lateRefund, lapses, waitlist
  case room, lottery, queueCap, rates, subjects, codes, claim, proof, verdict

  var texts: (english: String, chinese: String) {
    switch self {
    case .copyOf: ("A copy of {1}", "复制自 {1}")
    case .carried:
      (
        "Beside the fields below, the copy has these rules of it. Times in them move with the start, by the clock.",
        "除下列字段外，副本还沿用以下规则；其中的时间按当地钟表随开始时间平移。"
      )
    case .orderingSale: ("All SKUs are decided in one line.", "所有 SKU 在同一队列中裁决。")
    case .orderingSKU: ("Each SKU is decided in a line of its own.", "各 SKU 分别裁决。")
    case .extensions: ("A hold can be extended {1} times, by {2} seconds.", "占用可延长 {1} 次，每次 {2} 秒。")
    case .lateIfFree: ("A late payment counts if the units are free.", "逾期支付时，若仍有货则生效。")
    case .lateRefund: ("A late payment is paid back.", "逾期支付将退款。")
    case .lapses: ("After {1} lapsed holds a buyer is refused.", "占用失效 {1} 次后拒绝该买家。")
    case .waitlist: ("Units that come back are offered to who waits, for {1} seconds.", "退回的件数提供给候补者 {1} 秒。")
    case .room: ("A waiting room in the order of joining, {1} a minute.", "等候室按先后顺序，每分钟放行 {1} 人。")
    case .lottery: ("A waiting room with a lottery, {1} a minute.", "等候室抽签，每分钟放行 {1} 人。")
    case .queueCap: ("At most {1} units in line for each that is left.", "每件剩余库存最多 {1} 件排队。")
    case .rates: ("Rate limits for buyers and addresses.", "按买家和地址限速。")
    case .subjects: ("Limits beside the buyer's, as for a card.", "其他限购，例如按支付卡。")
    case .codes: ("Access codes.", "购买码。")
    case .claim: ("A claim in the buyer's token.", "要求买家令牌中的声明。")
    case .proof: ("Proof of work.", "工作量证明。")
    case .verdict: ("The bot service's word.", "反机器人服务的判定。")
    }
  }
}
