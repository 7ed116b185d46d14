### Whether something is usual here

usual-title = 這裡平常也這樣嗎？
usual-areaTitle = { $area }：現在與平常相比

usual-verdicts-fewer = 比平常少
usual-verdicts-usual = 與平常差不多
usual-verdicts-more = 比平常多
usual-verdicts-too_few_weeks = 過去的資料不夠，無法判斷
usual-verdicts-incomplete = 今天無法判斷

usual-what-call = 服務來電
usual-what-community = 居民來電
usual-what-officer = 警員發起
usual-what-request = 311 請求

usual-brief = 24 小時內 { $now } 起，通常 { $low }–{ $high } 起。
usual-counted = { $what }：截至 { $until } 的 24 小時內，目前已知 { $now } 起。
usual-compared = 此前 { $weeks } 週：平均 { $mean } 起，{ $low } 至 { $high } 起屬平常。
usual-tooFew = 此前可比較的週數：{ $weeks }。至少要有 { $least } 週才能說明什麼是平常。
usual-averaged = 這些時段平均為 { $mean } 起。
usual-incomplete = 全市在這段時間的記錄太少，某個資料來源必定有缺失。
usual-skipped = 此前十二週中有 { $count } 週未作比較：資料來源沒有完整覆蓋。
usual-unanswered = 還沒有任何資料來源作出回應。
usual-failed = 現在無法載入比較結果。

usual-city-when = （{ $day } { $hour }）

usual-city-range-call = 24 小時 { $now } 個來電，通常 { $low }–{ $high } 個
usual-city-range-request = 24 小時 { $now } 項請求，通常 { $low }–{ $high } 項

usual-city-whole = （全市）

usual-apart = 另計：{ $what }：{ $now } 起，平均 { $mean } 起。{ $verdict }。
usual-weeksAgo = 12 週前
usual-now = 現在
usual-notCompared = 未比較
usual-strip = 此前每週，從最早的開始：{ $weeks }。現在：{ $now }。
usual-meaningTitle = 這是什麼意思？
usual-meaning = 最近 24 小時與此前最多十二週中同一星期幾的相同時段相比。只有偶然情況下約一百個這樣的日子才出現一次的數目，才會說「多」或「少」。遲到的記錄尚未計入。來電是求助：來電多不等於犯罪多。
