### Pages of the server about the past

past-nav = 数据
past-wholeCity = 全市
past-openNow = 现有 { $count } 个来电正在处理。
past-calls = { $count } 个来电

past-span-24 = 过去 24 小时
past-span-168 = 过去 7 天
past-span-672 = 过去 28 天

past-apart = 另计：警员发起 { $officer } 个，311 请求 { $requests } 件。
past-asOf = 截至 { $time }（变更日志第 { $seq } 条）。
past-kinds = 类型
past-kindsText = 过去 28 天的来电。标记表示按全市比例会有多少。
past-kind = 类型
past-n = 来电
past-expected = 按全市比例
past-when = 时间
past-whenText = 过去 52 周按星期和小时的来电。
past-weekday = 星期
past-weeks = 逐周
past-weeksText = 每周收到的来电。浅色：该周尚未结束，或只有一部分收入档案。
past-week = 起始周
past-complete = 完整
past-yes = 是
past-no = 否
past-wait = 等待多久
past-waitText = 从接到来电到首个单位到场，过去 52 周。全部计入，包括仍在等待的和无人到场的。
past-none = 未说明
past-known = 到场时间已知
past-half = 一半等待少于
past-nine = 九成等待少于
past-only = 已到场者一半等待少于
past-fates = 在 { $calls } 个来电中，{ $served } 个有人到场，{ $unserved } 个在有人到场前结束，{ $missing } 个来源中没有到场时间，{ $waiting } 个仍在等待。另有 { $excluded } 个未计入：其时间互相矛盾或超过一天。

past-refusals-not_reported = 未报告：没有来源说明此阶段何时结束。
past-refusals-too_few = 来电太少，不给出数字。
past-refusals-missing_grows = 不给出数字：等待越久，到场时间越常缺失，任何数字都会有误。

past-never = 未达到
past-interval = { $low } 至 { $high }
past-ended = 如何结束
past-endedText = 过去 52 周。结束不等于解决。
past-untold = 来源未报告
past-now = 正在发生
past-nothingNow = 没有未结束的来电。
past-check = 自行核对
past-csv = CSV
past-files = 按月的全部来电（Parquet、CSV、GeoJSON）
past-worked = 计算方法
past-stage = 阶段

past-stages-queue = 等待派出单位
past-stages-turnout = 到单位出发
past-stages-travel = 途中
past-stages-response = 从来电到到场
past-stages-on_scene = 现场

past-by = 按

past-byNames-priority = 优先级
past-byNames-category = 类别
past-byNames-hour = 小时
past-byNames-weekday = 星期
past-byNames-month = 月份
past-byNames-agency = 部门
past-byNames-origin = 来电者

past-building = 档案正在建立，请一分钟后再试。
past-times = 响应时间
past-mean = 已到场的平均

past-outcomes-by = 按{ $heading }

past-outcomes-wait = 等到有人到场的时间

past-outcomes-over = 超过{ $time }

past-outcomes-unknown = 到场时间未知

past-outcomes-others = 其他结果

past-work-title = 工作量

past-work-text = 一天中各小时同时占用的单位，平均值：社区呼叫；警员发起的工作为灰色。

past-work-notReported = 未报告：没有来源同时说明何时派出单位和呼叫何时结束。

past-work-hour = 按小时

past-work-community = 单位，社区

past-work-officer = 单位，警员发起

past-work-waiting = 等待中的呼叫

past-work-queues = 最长的等待队列

past-work-counted = { $community } 起社区呼叫和 { $officer } 起警员发起的呼叫占用了单位；其中 { $oneUnit } 起未报告单位数，各计为一个。另有 { $leftOut } 起未计入：派出或结束时间未知，或时间互相矛盾。

past-compare-nav = 比较

past-compare-title = 比较区域

past-compare-text = 每个数字都附有其可能的范围（95%）。差异的范围若包含零，即标为“在随机范围内”。约每二十个差异中有一个仅因偶然而被标为真实。

past-compare-choose = 请选择二至六个区域，或一个区域和第二个时段。

past-compare-add = 添加区域

past-compare-since = 从

past-compare-until = 早于

past-compare-versusSince = 与以下时段比较，从

past-compare-area = 区域

past-compare-days = 覆盖天数

past-compare-aWeek = 每周呼叫

past-compare-aWeekText = 社区的呼叫。范围与各周的波动一样宽；虚线为第一个。

past-compare-beside = 与第一个相比

past-compare-base = 第一个

past-compare-waitText = 从接到呼叫到首个单位到场；全部计入。虚线为第一个。

past-compare-sharesText = 在各列呼叫中的比例；与第一个的差异超出随机范围时为粗体。

past-compare-endedText = 在已结束呼叫中的比例。结束不等于解决。

past-compare-without = × { $name }

past-compare-verdicts-more = 较高

past-compare-verdicts-less = 较低

past-compare-verdicts-within_chance = 在随机范围内

past-compare-verdicts-unknown = 数据不足

past-target-title = 达到目标

past-target-text = 有多少来电在城市的目标时间内完成这一阶段。全部计入，包括仍在等待的和无人到场的。

past-target-goal = 目标

past-target-within = 达到目标

past-target-only = 仅计已到场的

past-target-missing = 若缺失的时间为从未，或为立即

past-target-several = 多个

past-target-inTime = { $time }内

past-target-shareInTime = { $share } 在 { $time }内

past-target-asked = 目标：{ $target }。

past-target-since = 目标：{ $target }，自 { $day } 起。

past-rate-residents = { $n } 名居民（{ $year } 年，{ $source }）

past-rate-of = 每 1,000 名居民 { $rate } 个

past-rate-aWeek = 每周每 1,000 名居民

past-rate-counted = 居民数为 { $year } 年统计：{ $source }。住在别处的人也会来电。
