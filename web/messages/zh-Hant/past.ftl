### Pages of the server about the past

past-nav = 數據
past-wholeCity = 全市
past-openNow = 現有 { $count } 個來電正在處理。
past-calls = { $count } 個來電

past-span-24 = 過去 24 小時
past-span-168 = 過去 7 天
past-span-672 = 過去 28 天

past-apart = 另計：警員發起 { $officer } 個，311 請求 { $requests } 件。
past-asOf = 截至 { $time }（變更日誌第 { $seq } 條）。
past-kinds = 類型
past-kindsText = 過去 28 天的來電。標記表示按全市比例會有多少。
past-kind = 類型
past-n = 來電
past-expected = 按全市比例
past-when = 時間
past-whenText = 過去 52 週按星期和小時的來電。
past-weekday = 星期
past-weeks = 逐週
past-weeksText = 每週收到的來電。淺色：該週尚未結束，或只有一部分收入檔案。
past-week = 起始週
past-complete = 完整
past-yes = 是
past-no = 否
past-wait = 等待多久
past-waitText = 從接到來電到首個單位到場，過去 52 週。全部計入，包括仍在等待的和無人到場的。
past-none = 未說明
past-known = 到場時間已知
past-half = 一半等待少於
past-nine = 九成等待少於
past-only = 已到場者一半等待少於
past-fates = 在 { $calls } 個來電中，{ $served } 個有人到場，{ $unserved } 個在有人到場前結束，{ $missing } 個來源中沒有到場時間，{ $waiting } 個仍在等待。另有 { $excluded } 個未計入：其時間互相矛盾或超過一天。

past-refusals-not_reported = 未報告：沒有來源說明此階段何時結束。
past-refusals-too_few = 來電太少，不給出數字。
past-refusals-missing_grows = 不給出數字：等待越久，到場時間越常缺少，任何數字都會有誤。

past-never = 未達到
past-interval = { $low } 至 { $high }
past-ended = 如何結束
past-endedText = 過去 52 週。結束不等於解決。
past-untold = 來源未回報
past-now = 正在發生
past-nothingNow = 沒有未結束的來電。
past-check = 自行核對
past-csv = CSV
past-files = 按月的全部來電（Parquet、CSV、GeoJSON）
past-worked = 計算方法
past-stage = 階段

past-stages-queue = 等待派出單位
past-stages-turnout = 到單位出發
past-stages-travel = 途中
past-stages-response = 從來電到到場
past-stages-on_scene = 現場

past-by = 按

past-byNames-priority = 優先等級
past-byNames-category = 類別
past-byNames-hour = 小時
past-byNames-weekday = 星期
past-byNames-month = 月份
past-byNames-agency = 部門
past-byNames-origin = 來電者

past-building = 檔案正在建立，請一分鐘後再試。
past-times = 回應時間
past-mean = 已到場的平均

past-outcomes-by = 按{ $heading }

past-outcomes-wait = 等到有人到場的時間

past-outcomes-over = 超過{ $time }

past-outcomes-unknown = 到場時間未知

past-outcomes-others = 其他結果

past-work-title = 工作量

past-work-text = 一天中各小時同時佔用的單位，平均值：社區報案；警員發起的工作為灰色。

past-work-notReported = 未報告：沒有來源同時說明何時派出單位和報案何時結束。

past-work-hour = 按小時

past-work-community = 單位，社區

past-work-officer = 單位，警員發起

past-work-waiting = 等待中的報案

past-work-queues = 最長的等待隊伍

past-work-counted = { $community } 起社區報案和 { $officer } 起警員發起的報案佔用了單位；其中 { $oneUnit } 起未報告單位數，各計為一個。另有 { $leftOut } 起未計入：派出或結束時間未知，或時間互相矛盾。

past-compare-nav = 比較

past-compare-title = 比較區域

past-compare-text = 每個數字都附有其可能的範圍（95%）。差異的範圍若包含零，即標為「在隨機範圍內」。約每二十個差異中有一個僅因偶然而被標為真實。

past-compare-choose = 請選擇二至六個區域，或一個區域和第二個時段。

past-compare-add = 新增區域

past-compare-since = 從

past-compare-until = 早於

past-compare-versusSince = 與以下時段比較，從

past-compare-area = 區域

past-compare-days = 涵蓋天數

past-compare-aWeek = 每週報案

past-compare-aWeekText = 社區的報案。範圍與各週的波動一樣寬；虛線為第一個。

past-compare-beside = 與第一個相比

past-compare-base = 第一個

past-compare-waitText = 從接到報案到首個單位到場；全部計入。虛線為第一個。

past-compare-sharesText = 在各欄報案中的比例；與第一個的差異超出隨機範圍時為粗體。

past-compare-endedText = 在已結束報案中的比例。結束不等於解決。

past-compare-without = × { $name }

past-compare-verdicts-more = 較高

past-compare-verdicts-less = 較低

past-compare-verdicts-within_chance = 在隨機範圍內

past-compare-verdicts-unknown = 資料不足

past-target-title = 達到目標

past-target-text = 有多少來電在城市的目標時間內完成這一階段。全部計入，包括仍在等待的和無人到場的。

past-target-goal = 目標

past-target-within = 達到目標

past-target-only = 僅計已到場的

past-target-missing = 若缺失的時間為從未，或為立即

past-target-several = 多個

past-target-inTime = { $time }內

past-target-shareInTime = { $share } 在 { $time }內

past-target-asked = 目標：{ $target }。

past-target-since = 目標：{ $target }，自 { $day } 起。

past-rate-residents = { $n } 名居民（{ $year } 年，{ $source }）

past-rate-of = 每 1,000 名居民 { $rate } 個

past-rate-aWeek = 每週每 1,000 名居民

past-rate-counted = 居民數為 { $year } 年統計：{ $source }。住在別處的人也會來電。
