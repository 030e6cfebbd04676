internal import HTTPServing

/// What the codes of problems mean. In English it is the title that programs see too.
extension ProblemCode: Message {
  var texts: (english: String, chinese: String) { ("\(title)", form ?? identity ?? desk ?? now) }

  private var form: String? {
    switch self {
    case .malformedRequest: "请求不是有效的 HTTP"
    case .headersTooLarge: "请求头或地址过长"
    case .requestTimeout: "请求发送超时"
    case .notFound: "没有这个页面"
    case .methodNotAllowed: "此处不支持该方法"
    case .unsupportedMediaType: "不支持的内容类型"
    case .bodyTooLarge: "提交的内容过大"
    case .invalidHeader: "请求头无效"
    case .invalidParameter: "参数无效"
    case .unknownFormat: "没有这种格式"
    case .malformedJSON: "内容不是 JSON 对象"
    case .unknownField: "有未知字段"
    case .duplicateField: "字段重复"
    case .invalidField: "字段缺失或无效"
    default: nil
    }
  }

  private var identity: String? {
    switch self {
    case .unauthenticated: "尚未登录"
    case .foreignOrigin: "请求来自其他网站"
    case .badTicket: "票据不属于此订单和买家"
    case .subjectRequired: "缺少活动限购所需的信息"
    case .codeRequired: "需要访问码"
    case .codeInvalid: "访问码无效"
    case .roomRequired: "需要先进入等候室"
    case .tokenInvalid: "等候室令牌无效"
    case .invalidToken: "令牌无效"
    case .notEligible: "该买家不能参加此活动"
    case .proofRequired: "需要工作量证明"
    case .proofInvalid: "工作量证明无效"
    case .verdictRequired: "需要人机验证"
    case .verdictInvalid: "人机验证无效"
    case .signatureInvalid: "通知签名无效"
    case .idempotencyConflict: "Idempotency-Key 已用于其他请求"
    default: nil
    }
  }

  private var desk: String? {
    switch self {
    case .saleNotFound: "没有这个活动"
    case .unknownSKU: "活动中没有这个 SKU"
    case .orderNotFound: "没有这个订单"
    case .saleExists: "活动编号已存在"
    case .roomNotFound: "活动没有等候室"
    case .placeNotFound: "买家不在等候室中"
    case .partitionNotFound: "没有这个分区"
    case .partitionNotHalted: "分区没有停止"
    case .offsetDecided: "该位置之后已有按位置识别的记录"
    case .workerNotFound: "没有这个 worker"
    case .workerIsLast: "没有其他 worker 可接管分区"
    case .lanesFull: "其他 worker 容不下这些分区"
    case .webhookNotFound: "没有这个 webhook"
    case .webhooksFull: "webhook 数量已达上限"
    case .secretsFull: "webhook 的密钥数量已达上限"
    case .rightMissing: "没有此操作的权限"
    case .formRefused: "表单不属于当前会话"
    case .approvalNotFound: "没有这个复核请求"
    case .approvalDecided: "复核请求已处理或已过期"
    case .secondPersonNeeded: "需要另一人复核"
    case .recordNotFound: "没有这条隔离记录"
    case .recordResolved: "该记录已处理"
    case .auditNotFound: "没有这次审计"
    case .auditRunning: "审计正在进行"
    case .jobNotFound: "没有这个批量任务"
    case .jobEnded: "批量任务已结束"
    case .previewOutdated: "匹配的订单数量已变化"
    default: nil
    }
  }

  private var now: String {
    switch self {
    case .notStarted: "活动未开始"
    case .ended: "活动已结束"
    case .soldOut: "已售罄"
    case .rateLimited: "请求过于频繁"
    case .lineFull: "排队人数已超过可售数量"
    case .backlogFull: "该活动待裁决的订单已达上限"
    case .busy: "当前繁忙"
    case .partitionHalted: "该商品暂停下单"
    case .outcomeUnknown: "操作结果未知"
    case .storeUnavailable: "数据库无应答"
    case .logUnreachable: "日志未全部写入"
    case .starting: "进程尚未就绪"
    case .allHeld: "余量均被占用"
    case .notDecided: "订单尚未裁决"
    case .orderRefused: "订单已被拒绝"
    case .notAllowed: "当前状态不允许此操作"
    case .tooMuch: "超过现有数量"
    case .noneLeft: "不能再延长"
    case .paymentUsed: "该支付编号已用于另一笔扣款"
    case .paymentNotFound: "订单没有这笔支付"
    default: "服务器内部错误"
    }
  }
}
