### The map page, and what the server's pages say in the same words

live = 即時
notLive = 當前無即時資料
connecting = 正在連線
lost = 連線中斷，正在重試
kept = 離線。這是 { $span }前的情況
keptOnce = 離線。這是上次連線時的情況。
loading = 正在載入事件
failed = 伺服器沒有回應，正在重試。
ago = { $span }前
newest = 最新來電：{ $when }
checked = { $span }前查詢，沒有來電
late = { $source }延遲 { $span }，自 { $since } 起
silent = { $source }尚未回應
unstored = 目前無法儲存{ $source }的新資料
short = { $source }：最近一次更新缺少許多事件；尚未將其標為已結束
failing = { $source }自 { $since } 起沒有回應
pausedSince = 市政府自 { $since } 起暫停發布：{ $what }。原因：{ $reason }

pauseScopes-city = 全部內容
pauseScopes-area = 城市的一部分

moreTroubles = 另有 { $count } 則通知，見「資料與方法」。

openIn-calls = 個來電處理中
openIn-requests = 項請求處理中
openIn-officer = 項警員活動進行中
openIn-all = 處理中

endedIn-all = 已結束（{ $range }）
endedIn-some = 已結束或已報告（{ $range }）
endedIn-none = 已報告（{ $range }）

inWholeCity = 全市 { $count }
sections = 列出的內容

sectionNames-calls = 來電
sectionNames-requests = 維修與請求
sectionNames-officer = 警員活動

happening = 正在發生 · { $count }

endedList-all = 已結束 · { $range } · { $count }
endedList-some = 已結束或已報告 · { $range } · { $count }
endedList-none = 已報告 · { $range } · { $count }

order = 排序

orders-nearest = 最近優先
orders-newest = 最新優先
orders-longest = 最久優先

showOpenOnly = 只顯示處理中的事件
showClosedOnly = 只顯示已結束的事件
search = 搜尋街道、地點或轄區
seek = 搜尋
clearSearch = 清除搜尋
found = 區域、地點和地址

foundKinds-place = 地點
foundKinds-address = 地址

lookUp = 在 { $host } 查詢「{ $text }」

lookedUp-asking = 正在查詢…
lookedUp-nothing = 本市沒有這個地址。
lookedUp-failed = 地址查詢沒有回應。

locate = 顯示我的位置
locating = 正在確定您的位置。只有此瀏覽器知道。
elsewhere = 您不在此地圖的範圍內。
noPosition = 瀏覽器沒有提供您的位置。
categories = 類別
incidents = 事件
nothing = 沒有符合的事件。
nothingHint = 請放寬時間範圍，或重新顯示全部。
showAll = 顯示全部
newMany = { $count } 個新事件
fast = 這是示範：時間以 { $rate } 倍的速度流逝。
notACrime = 來電是請求幫助，並不等於犯罪。
contact = 這裡有錯誤或涉及隱私的內容嗎？
data = 資料與方法
whatAndWhy = 內容與原因
someWithheld = 為保護當事人，部分來電不公開。
withheld = 為保護當事人，昨天有 { $count } 個來電未公開。
close = 關閉
link = 複製連結
copied = 已複製
copy = 複製
copyCode = 複製程式碼
copyFailed = 此瀏覽器不允許網頁複製。請自行選中文字並複製。
shareView = 分享此檢視
shareLink = 此檢視的連結
shareHint = 兩者都保留您的篩選、時間範圍，以及您移動後的地圖位置。
asData = 同樣的事件作為資料（GeoJSON）
shareWith = 分享到…
embedLabel = 用於您自己網頁的程式碼
embedTitle = { $city }出警與服務來電即時地圖
fullMap = 開啟完整地圖
help = 按鍵與幫助
language = 語言
areas = 區域
noAreas = 不顯示邊界
layers = 圖層
density = 以密度顯示已結束的事件

densities-auto = 縮小地圖時
densities-always = 始終
densities-never = 從不

densityLegend = 每個六邊形內已結束的事件
share = 分享
filters = 篩選
play = 播放一天
pause = 暫停
now = 現在
midnight = 午夜
noon = 正午
only = 僅此
allAgain = 全部
onlyThis = 只看{ $name }，或重新看全部
oneMore = 再加一個
chosen = 已選
letGo = 去掉{ $name }
asOfThen = { $from } 至 { $until } 接到，按今天所知顯示。此後撤回的不再顯示。
backToNow = 回到現在
pastLoading = 正在載入…
pastPart = 數量太多，一頁放不下：只顯示最新的 10,000 個。
pastFailed = 無法載入。
toNewest = 轉到最新來電（{ $when }）
toDay = 轉到某一天
shareStill = 定格此刻
copyStill = 複製此刻的連結
stillHint = 第一個連結始終顯示最新來電。第二個連結會一直顯示此刻的來電，內容以開啟時所知為準，其間撤回的不再顯示。
clearSpan = 清除時間段

range-1 = 1 小時
range-24 = 24 小時
range-168 = 7 天
range-720 = 30 天

rangeLong-1 = 過去 1 小時
rangeLong-24 = 過去 24 小時
rangeLong-168 = 過去 7 天
rangeLong-720 = 過去 30 天

timeline = 時間軸
timelineText = { $from } 至 { $to } 收到的事件：{ $open } 個處理中，{ $closed } 個已結束
spanFrom = 時間段的開始
spanTo = 時間段的結束
hourRing = 一天中的小時
hourCount = { $hour }：{ $count }
weekdays = 星期
kind = 種類

kinds-call = 服務來電
kinds-request = 311 請求

agency = 機構

agencies-police = 警察
agencies-fire = 消防
agencies-ems = 救護
agencies-public_works = 公共工程
agencies-animal_services = 動物服務
agencies-traffic = 交通
agencies-sanitation = 環境衛生
agencies-transportation = 交通運輸
agencies-parks = 公園

status = 狀態

statuses-open = 處理中
statuses-closed = 已結束

origin = 發起方

origins-community = 居民
origins-officer = 警員

priority = 優先順序
any = 不限

stages-reported = 已報告
stages-ended = 已結束
stages-received = 已接到
stages-dispatched = 已派遣
stages-en_route = 途中
stages-on_scene = 到場
stages-closed = 已結束

stageTitles-reported = 已報告
stageTitles-ended = 已結束
stageTitles-received = 已接到
stageTitles-dispatched = 已派遣
stageTitles-en_route = 途中
stageTitles-on_scene = 到場
stageTitles-closed = 已結束

endedAs = { $stage } · { $disposition }
closedIn = 歷時 { $span }結束
endedAfter = 歷時 { $span }結束
noArrivals = 資料來源「{ $source }」不提供到場時間。
noEnds = 資料來源「{ $source }」不提供結束時間。

dispositions-handled = 已處理
dispositions-report_taken = 已做報告
dispositions-advised = 已告知
dispositions-cited = 已開罰單
dispositions-arrest = 逮捕
dispositions-referred = 已轉交
dispositions-unfounded = 查無其事
dispositions-gone_on_arrival = 到場時已離開
dispositions-unable_to_locate = 未能找到
dispositions-cancelled = 已取消
dispositions-duplicate = 重複
dispositions-false_alarm = 誤報
dispositions-crew_assigned = 已安排人員
dispositions-completed = 已完成
dispositions-other = 其他

blockOf = { $street } { $number } 號段
nearStreet = { $street }，靠近 { $crossed }
nearCentre = 中心附近
fromCentre = 中心{ $direction }方約 { $distance }

directions-n = 北
directions-ne = 東北
directions-e = 東
directions-se = 東南
directions-s = 南
directions-sw = 西南
directions-w = 西
directions-nw = 西北

compass-n = 北
compass-ne = 東北
compass-e = 東
compass-se = 東南
compass-s = 南
compass-sw = 西南
compass-w = 西
compass-nw = 西北

away = { $direction } { $distance }
rowName = { $what }，{ $state }，{ $ago }，{ $where }
isOpen = 處理中
here = 此處：

hereNames-position = 您的位置
hereNames-address = 地址
hereNames-area = 區域
hereNames-point = 地圖上的一點

onlyHere = 只看{ $area }
forgetHere = 忘記此處
nearest = 最近：{ $what }，{ $direction }方約 { $distance }。
nearReported = { $time }報告。
nearOpen = { $time }報告，尚未結束。
nearEnded = { $time }報告，{ $end }結束。
nothingElse = { $distance }內沒有其他處理中的事件。
moreOpen = { $distance }內還有 { $count } 起處理中的事件。
nothingNear = 列出的事件均無位置。
noPlace = 地點不公開

lacks-ground = 沒有底圖
lacks-names = 沒有地名
lacks-areas = 沒有區域

groundMissing = 僅您在伺服器本機上看到此提示：地圖{ $what }。命令「blocklight ground build」可生成。

areaKind-beat = 轄區
areaKind-district = 區
areaKind-neighbourhood = 社區
areaKind-neighborhood = 社區
areaKind-council_district = 市議會選區
areaKind-zip = 郵政編碼

placeKinds-grid = 顯示在最近的網格中心，距實際地點不超過 { $metres }。
placeKinds-intersection = 顯示在最近的路口，距實際地點不超過 { $metres }。
placeKinds-block = 顯示在街區中心，距實際地點不超過 { $metres }。
placeKinds-area = 顯示在代表整個區域的一點，距實際地點不超過 { $metres }。
placeKinds-publisher = 顯示在市政府資料來源給出的位置，距實際地點不超過 { $metres }。

placeWithheld = 此事件不在地圖上：其地點不公開。
delayed = 按本市政策，公布時間晚於接到時間。
timeStep = 其時間按 { $minutes } 分鐘取整。
unitsAssigned = 已派 { $count } 個單位
priorityIs = 優先順序 { $priority }
reportedAs = 機構的原話：「{ $text }」。
officerInitiated = 由警員發起，並非居民來電。
nearby = 所選時間內，{ $metres }以內另有 { $count } 個事件
life = 首次顯示後的變化
firstShown = 首次顯示
changedTo = { $field }：{ $value }

fields-status = 狀態
fields-category = 類別
fields-subcategory = 細分類別
fields-priority = 優先順序
fields-units = 單位
fields-disposition = 結果
fields-place = 地點
fields-areas = 區域
fields-agency = 機構
fields-origin = 發起方
fields-source_type = 機構的原話
fields-dispatched_at = 已派遣
fields-en_route_at = 途中
fields-on_scene_at = 到場
fields-closed_at = 已結束
fields-received_at = 已接到
fields-kind = 種類

gone = 此事件已不再顯示。
mapFailed = 無法載入地圖。列表包含全部內容。
marks = 地圖上的事件
map = 事件地圖
zoomIn = 放大
zoomOut = 縮小
wholeCity = 整個城市
sheet = 調整面板大小
skip = 跳到列表
keys-move = 下一個和上一個事件
keys-open = 開啟詳情
keys-follow = 跟隨最新事件
keys-search = 搜尋
keys-close = 關閉，或清除搜尋
keys-help = 本幫助
following = 正在跟隨最新事件
openMark = 圓環表示處理中：仍有人員在處理。
closedMark = 實心圓表示已結束，會隨時間變淡。
legend = 標記的含義
printed = 截至 { $time }
printedRest = 另有 { $count } 個事件未印出。

groups-harm = 人身傷害
groups-property = 財產
groups-disturbance = 擾亂
groups-traffic = 交通
groups-fire = 火災與危險
groups-medical = 醫療
groups-services = 311 與服務
groups-officer = 警員活動

subcategory-smoke_alarm = 煙霧警報
subcategory-carbon_monoxide_alarm = 一氧化碳警報
subcategory-barking_dog = 狗吠
subcategory-stray_animal = 走失動物
subcategory-dead_animal = 動物屍體
subcategory-vegetation_fire = 植被火災
subcategory-trash_fire = 垃圾起火
subcategory-tree_down = 樹木或樹枝倒下
subcategory-wires_down = 電線掉落
subcategory-water_leak = 漏水
subcategory-fuel_spill = 燃油洩漏
subcategory-gas_leak = 燃氣洩漏
subcategory-loud_music = 音樂過響
subcategory-loud_party = 聚會喧鬧
subcategory-fireworks = 煙火
subcategory-construction_noise = 施工噪音
subcategory-business_noise = 商戶噪音
subcategory-illegal_parking = 違規停車
subcategory-blocked_driveway = 車道入口被堵
subcategory-blocked_bicycle_lane = 自行車道被堵
subcategory-abandoned_vehicle = 棄置車輛
subcategory-parking_meter = 停車收費錶
subcategory-stalled_vehicle = 拋錨車輛
subcategory-road_hazard = 道路障礙
subcategory-pothole = 路面坑洞
subcategory-street_light = 路燈
subcategory-traffic_signal = 交通號誌燈
subcategory-sidewalk = 人行道
subcategory-road_sign = 路牌
subcategory-storm_drain = 雨水排水口
subcategory-graffiti = 塗鴉
subcategory-illegal_dumping = 違法傾倒
subcategory-missed_collection = 漏收垃圾
subcategory-litter_bin = 公共垃圾桶
subcategory-park_maintenance = 公園維護

category-violence = 襲擊或威脅
category-weapons = 武器
category-robbery = 搶劫
category-burglary = 入室盜竊
category-theft = 盜竊
category-vehicle_theft = 車輛失竊
category-property_damage = 財物損壞
category-disturbance = 擾亂
category-suspicious = 可疑情況
category-traffic_collision = 車禍
category-traffic = 交通
category-fire = 火災
category-hazard = 危險
category-medical = 醫療
category-rescue = 救援
category-alarm = 警報
category-welfare = 平安查訪
category-animal = 動物
category-parking = 停車
category-street_and_lights = 道路或路燈
category-graffiti_and_dumping = 塗鴉或亂倒垃圾
category-noise = 噪音
category-service = 市政服務
category-officer_activity = 警員活動
category-other = 其他

meaning-violence = 有人報告打架、襲擊或威脅。實際情況尚未查明。
meaning-weapons = 有人報告看到武器或聽到類似的聲音。往往沒有發現什麼。
meaning-robbery = 有人報告有東西被以暴力或威脅從人身上搶走。
meaning-burglary = 有人報告有人闖入或企圖闖入。
meaning-theft = 有人報告東西被偷，沒有對人使用暴力。
meaning-vehicle_theft = 有人報告車輛被盜，或被盜的車輛又找到了。
meaning-property_damage = 有人報告物品受損，例如窗戶破碎。
meaning-disturbance = 有人爭吵或鬧事；沒有人報告受傷。
meaning-suspicious = 有人看到似乎不尋常的事。其中大多數最後都沒什麼。
meaning-traffic_collision = 車輛之間，或車輛與人發生碰撞。不顯示傷情。
meaning-traffic = 車輛拋錨、車道受阻或其他交通問題。
meaning-fire = 有人報告起火或冒煙。
meaning-hazard = 洩漏、電線掉落或其他需要排除的危險。
meaning-medical = 有人需要醫療救助。為保護當事人，不顯示更多內容，地點也更粗略。
meaning-rescue = 有人需要解救或被帶到安全的地方。
meaning-alarm = 警報響起。幾乎都是誤報。
meaning-welfare = 有人請求查看某人是否平安。
meaning-animal = 走失、受傷或吵鬧的動物。
meaning-parking = 停放的車輛妨礙他人或違反規定。
meaning-street_and_lights = 路面坑洞、路燈損壞或類似的維修。
meaning-graffiti_and_dumping = 需要清除的塗鴉或清運的垃圾。
meaning-noise = 音樂聲大、聚會或其他噪音。
meaning-service = 對市政服務的其他請求。
meaning-officer_activity = 警員自行開始的工作，例如巡邏或攔車檢查。
meaning-other = 不屬於其他任何類別的事。

areaNumbers = 該區域的數據

inNumbers = 數據：
