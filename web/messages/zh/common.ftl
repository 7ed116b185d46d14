### The map page, and what the server's pages say in the same words

live = 实时
notLive = 当前无实时数据
connecting = 正在连接
lost = 连接中断，正在重试
kept = 离线。这是 { $span }前的情况
keptOnce = 离线。这是上次连接时的情况。
loading = 正在载入事件
failed = 服务器没有响应，正在重试。
ago = { $span }前
newest = 最新来电：{ $when }
checked = { $span }前查询，没有来电
late = { $source }延迟 { $span }，自 { $since } 起
silent = { $source }尚未响应
unstored = 目前无法保存{ $source }的新数据
short = { $source }：最近一次更新缺少许多事件；尚未将其标为已结束
failing = { $source }自 { $since } 起没有响应
pausedSince = 市政府自 { $since } 起暂停发布：{ $what }。原因：{ $reason }

pauseScopes-city = 全部内容
pauseScopes-area = 城市的一部分

moreTroubles = 另有 { $count } 条通知，见“数据与方法”。

openIn-calls = 个来电处理中
openIn-requests = 项请求处理中
openIn-officer = 项警员活动进行中
openIn-all = 处理中

endedIn-all = 已结束（{ $range }）
endedIn-some = 已结束或已报告（{ $range }）
endedIn-none = 已报告（{ $range }）

inWholeCity = 全市 { $count }
sections = 列出的内容

sectionNames-calls = 来电
sectionNames-requests = 维修与请求
sectionNames-officer = 警员活动

happening = 正在发生 · { $count }

endedList-all = 已结束 · { $range } · { $count }
endedList-some = 已结束或已报告 · { $range } · { $count }
endedList-none = 已报告 · { $range } · { $count }

order = 排序

orders-nearest = 最近优先
orders-newest = 最新优先
orders-longest = 最久优先

showOpenOnly = 只显示处理中的事件
showClosedOnly = 只显示已结束的事件
search = 搜索街道、地点或辖区
seek = 搜索
clearSearch = 清除搜索
found = 区域、地点和地址

foundKinds-place = 地点
foundKinds-address = 地址

lookUp = 在 { $host } 查找“{ $text }”

lookedUp-asking = 正在查找…
lookedUp-nothing = 本市没有这个地址。
lookedUp-failed = 地址查询没有响应。

locate = 显示我的位置
locating = 正在确定您的位置。只有此浏览器知道。
elsewhere = 您不在此地图的范围内。
noPosition = 浏览器没有提供您的位置。
categories = 类别
incidents = 事件
nothing = 没有符合的事件。
nothingHint = 请放宽时间范围，或重新显示全部。
showAll = 显示全部
newMany = { $count } 个新事件
fast = 这是演示：时间以 { $rate } 倍的速度流逝。
notACrime = 来电是请求帮助，并不等于犯罪。
contact = 这里有错误或涉及隐私的内容吗？
data = 数据与方法
whatAndWhy = 内容与原因
someWithheld = 为保护当事人，部分来电不公开。
withheld = 为保护当事人，昨天有 { $count } 个来电未公开。
close = 关闭
link = 复制链接
copied = 已复制
copy = 复制
copyCode = 复制代码
copyFailed = 此浏览器不允许网页复制。请自行选中文字并复制。
shareView = 分享此视图
shareLink = 此视图的链接
shareHint = 两者都保留您的筛选、时间范围，以及您移动后的地图位置。
asData = 同样的事件作为数据（GeoJSON）
shareWith = 分享到…
embedLabel = 用于您自己网页的代码
embedTitle = { $city }出警与服务来电实时地图
fullMap = 打开完整地图
help = 按键与帮助
language = 语言
areas = 区域
noAreas = 不显示边界
layers = 图层
density = 以密度显示已结束的事件

densities-auto = 缩小地图时
densities-always = 始终
densities-never = 从不

densityLegend = 每个六边形内已结束的事件
share = 分享
filters = 筛选
play = 播放一天
pause = 暂停
now = 现在
midnight = 午夜
noon = 正午
only = 仅此
allAgain = 全部
onlyThis = 只看{ $name }，或重新看全部
oneMore = 再加一个
chosen = 已选
letGo = 去掉{ $name }
asOfThen = { $from } 至 { $until } 接到，按今天所知显示。此后撤回的不再显示。
backToNow = 回到现在
pastLoading = 正在载入…
pastPart = 数量太多，一页放不下：只显示最新的 10,000 个。
pastFailed = 无法载入。
toNewest = 转到最新来电（{ $when }）
toDay = 转到某一天
shareStill = 定格此刻
copyStill = 复制此刻的链接
stillHint = 第一个链接始终显示最新来电。第二个链接会一直显示此刻的来电，内容以打开时所知为准，其间撤回的不再显示。
clearSpan = 清除时间段

range-1 = 1 小时
range-24 = 24 小时
range-168 = 7 天
range-720 = 30 天

rangeLong-1 = 过去 1 小时
rangeLong-24 = 过去 24 小时
rangeLong-168 = 过去 7 天
rangeLong-720 = 过去 30 天

timeline = 时间轴
timelineText = { $from } 至 { $to } 收到的事件：{ $open } 个处理中，{ $closed } 个已结束
spanFrom = 时间段的开始
spanTo = 时间段的结束
hourRing = 一天中的小时
hourCount = { $hour }：{ $count }
weekdays = 星期
kind = 种类

kinds-call = 服务来电
kinds-request = 311 请求

agency = 机构

agencies-police = 警察
agencies-fire = 消防
agencies-ems = 救护
agencies-public_works = 公共工程
agencies-animal_services = 动物服务
agencies-traffic = 交通
agencies-sanitation = 环卫
agencies-transportation = 交通运输
agencies-parks = 公园

status = 状态

statuses-open = 处理中
statuses-closed = 已结束

origin = 发起方

origins-community = 居民
origins-officer = 警员

priority = 优先级
any = 不限

stages-reported = 已报告
stages-ended = 已结束
stages-received = 已接到
stages-dispatched = 已派遣
stages-en_route = 途中
stages-on_scene = 到场
stages-closed = 已结束

stageTitles-reported = 已报告
stageTitles-ended = 已结束
stageTitles-received = 已接到
stageTitles-dispatched = 已派遣
stageTitles-en_route = 途中
stageTitles-on_scene = 到场
stageTitles-closed = 已结束

endedAs = { $stage } · { $disposition }
closedIn = 历时 { $span }结束
endedAfter = 历时 { $span }结束
noArrivals = 数据来源“{ $source }”不提供到场时间。
noEnds = 数据来源“{ $source }”不提供结束时间。

dispositions-handled = 已处理
dispositions-report_taken = 已做报告
dispositions-advised = 已告知
dispositions-cited = 已开罚单
dispositions-arrest = 逮捕
dispositions-referred = 已转交
dispositions-unfounded = 查无其事
dispositions-gone_on_arrival = 到场时已离开
dispositions-unable_to_locate = 未能找到
dispositions-cancelled = 已取消
dispositions-duplicate = 重复
dispositions-false_alarm = 误报
dispositions-crew_assigned = 已安排人员
dispositions-completed = 已完成
dispositions-other = 其他

blockOf = { $street } { $number } 号段
nearStreet = { $street }，靠近 { $crossed }
nearCentre = 中心附近
fromCentre = 中心{ $direction }方约 { $distance }

directions-n = 北
directions-ne = 东北
directions-e = 东
directions-se = 东南
directions-s = 南
directions-sw = 西南
directions-w = 西
directions-nw = 西北

compass-n = 北
compass-ne = 东北
compass-e = 东
compass-se = 东南
compass-s = 南
compass-sw = 西南
compass-w = 西
compass-nw = 西北

away = { $direction } { $distance }
rowName = { $what }，{ $state }，{ $ago }，{ $where }
isOpen = 处理中
here = 此处：

hereNames-position = 您的位置
hereNames-address = 地址
hereNames-area = 区域
hereNames-point = 地图上的一点

onlyHere = 只看{ $area }
forgetHere = 忘记此处
nearest = 最近：{ $what }，{ $direction }方约 { $distance }。
nearReported = { $time }报告。
nearOpen = { $time }报告，尚未结束。
nearEnded = { $time }报告，{ $end }结束。
nothingElse = { $distance }内没有其他处理中的事件。
moreOpen = { $distance }内还有 { $count } 起处理中的事件。
nothingNear = 列出的事件均无位置。
noPlace = 地点不公开

lacks-ground = 没有底图
lacks-names = 没有地名
lacks-areas = 没有区域

groundMissing = 仅您在服务器本机上看到此提示：地图{ $what }。命令“blocklight ground build”可生成。

areaKind-beat = 辖区
areaKind-district = 区
areaKind-neighbourhood = 社区
areaKind-neighborhood = 社区
areaKind-council_district = 市议会选区
areaKind-zip = 邮政编码

placeKinds-grid = 显示在最近的网格中心，距实际地点不超过 { $metres }。
placeKinds-intersection = 显示在最近的路口，距实际地点不超过 { $metres }。
placeKinds-block = 显示在街区中心，距实际地点不超过 { $metres }。
placeKinds-area = 显示在代表整个区域的一点，距实际地点不超过 { $metres }。
placeKinds-publisher = 显示在市政府数据源给出的位置，距实际地点不超过 { $metres }。

placeWithheld = 此事件不在地图上：其地点不公开。
delayed = 按本市政策，公布时间晚于接到时间。
timeStep = 其时间按 { $minutes } 分钟取整。
unitsAssigned = 已派 { $count } 个单位
priorityIs = 优先级 { $priority }
reportedAs = 机构的原话：“{ $text }”。
officerInitiated = 由警员发起，并非居民来电。
nearby = 所选时间内，{ $metres }以内另有 { $count } 个事件
life = 首次显示后的变化
firstShown = 首次显示
changedTo = { $field }：{ $value }

fields-status = 状态
fields-category = 类别
fields-subcategory = 细分类别
fields-priority = 优先级
fields-units = 单位
fields-disposition = 结果
fields-place = 地点
fields-areas = 区域
fields-agency = 机构
fields-origin = 发起方
fields-source_type = 机构的原话
fields-dispatched_at = 已派遣
fields-en_route_at = 途中
fields-on_scene_at = 到场
fields-closed_at = 已结束
fields-received_at = 已接到
fields-kind = 种类

gone = 此事件已不再显示。
mapFailed = 无法载入地图。列表包含全部内容。
marks = 地图上的事件
map = 事件地图
zoomIn = 放大
zoomOut = 缩小
wholeCity = 整个城市
sheet = 调整面板大小
skip = 跳到列表
keys-move = 下一个和上一个事件
keys-open = 打开详情
keys-follow = 跟随最新事件
keys-search = 搜索
keys-close = 关闭，或清除搜索
keys-help = 本帮助
following = 正在跟随最新事件
openMark = 圆环表示处理中：仍有人员在处理。
closedMark = 实心圆表示已结束，会随时间变淡。
legend = 标记的含义
printed = 截至 { $time }
printedRest = 另有 { $count } 个事件未印出。

groups-harm = 人身伤害
groups-property = 财产
groups-disturbance = 扰乱
groups-traffic = 交通
groups-fire = 火灾与危险
groups-medical = 医疗
groups-services = 311 与服务
groups-officer = 警员活动

subcategory-smoke_alarm = 烟雾警报
subcategory-carbon_monoxide_alarm = 一氧化碳警报
subcategory-barking_dog = 狗吠
subcategory-stray_animal = 走失动物
subcategory-dead_animal = 动物尸体
subcategory-vegetation_fire = 植被火灾
subcategory-trash_fire = 垃圾起火
subcategory-tree_down = 树木或树枝倒下
subcategory-wires_down = 电线掉落
subcategory-water_leak = 漏水
subcategory-fuel_spill = 燃油泄漏
subcategory-gas_leak = 燃气泄漏
subcategory-loud_music = 音乐过响
subcategory-loud_party = 聚会喧闹
subcategory-fireworks = 烟花
subcategory-construction_noise = 施工噪音
subcategory-business_noise = 商户噪音
subcategory-illegal_parking = 违章停车
subcategory-blocked_driveway = 车道入口被堵
subcategory-blocked_bicycle_lane = 自行车道被堵
subcategory-abandoned_vehicle = 弃置车辆
subcategory-parking_meter = 停车计时器
subcategory-stalled_vehicle = 抛锚车辆
subcategory-road_hazard = 道路障碍
subcategory-pothole = 路面坑洞
subcategory-street_light = 路灯
subcategory-traffic_signal = 交通信号灯
subcategory-sidewalk = 人行道
subcategory-road_sign = 路牌
subcategory-storm_drain = 雨水排水口
subcategory-graffiti = 涂鸦
subcategory-illegal_dumping = 违法倾倒
subcategory-missed_collection = 漏收垃圾
subcategory-litter_bin = 公共垃圾箱
subcategory-park_maintenance = 公园维护

category-violence = 袭击或威胁
category-weapons = 武器
category-robbery = 抢劫
category-burglary = 入室盗窃
category-theft = 盗窃
category-vehicle_theft = 车辆失窃
category-property_damage = 财物损坏
category-disturbance = 扰乱
category-suspicious = 可疑情况
category-traffic_collision = 车祸
category-traffic = 交通
category-fire = 火灾
category-hazard = 危险
category-medical = 医疗
category-rescue = 救援
category-alarm = 警报
category-welfare = 平安查访
category-animal = 动物
category-parking = 停车
category-street_and_lights = 道路或路灯
category-graffiti_and_dumping = 涂鸦或乱倒垃圾
category-noise = 噪音
category-service = 市政服务
category-officer_activity = 警员活动
category-other = 其他

meaning-violence = 有人报告打架、袭击或威胁。实际情况尚未查明。
meaning-weapons = 有人报告看到武器或听到类似的声音。往往没有发现什么。
meaning-robbery = 有人报告有东西被以暴力或威胁从人身上抢走。
meaning-burglary = 有人报告有人闯入或企图闯入。
meaning-theft = 有人报告东西被偷，没有对人使用暴力。
meaning-vehicle_theft = 有人报告车辆被盗，或被盗的车辆又找到了。
meaning-property_damage = 有人报告物品受损，例如窗户破碎。
meaning-disturbance = 有人争吵或闹事；没有人报告受伤。
meaning-suspicious = 有人看到似乎不寻常的事。其中大多数最后都没什么。
meaning-traffic_collision = 车辆之间，或车辆与人发生碰撞。不显示伤情。
meaning-traffic = 车辆抛锚、车道受阻或其他交通问题。
meaning-fire = 有人报告起火或冒烟。
meaning-hazard = 泄漏、电线掉落或其他需要排除的危险。
meaning-medical = 有人需要医疗救助。为保护当事人，不显示更多内容，地点也更粗略。
meaning-rescue = 有人需要解救或被带到安全的地方。
meaning-alarm = 警报响起。几乎都是误报。
meaning-welfare = 有人请求查看某人是否平安。
meaning-animal = 走失、受伤或吵闹的动物。
meaning-parking = 停放的车辆妨碍他人或违反规定。
meaning-street_and_lights = 路面坑洞、路灯损坏或类似的维修。
meaning-graffiti_and_dumping = 需要清除的涂鸦或清运的垃圾。
meaning-noise = 音乐声大、聚会或其他噪音。
meaning-service = 对市政服务的其他请求。
meaning-officer_activity = 警员自行开始的工作，例如巡逻或拦车检查。
meaning-other = 不属于其他任何类别的事。

areaNumbers = 该区域的数据

inNumbers = 数据：
