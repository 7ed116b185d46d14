### Whether something is usual here

usual-title = 这里平常也这样吗？
usual-areaTitle = { $area }：现在与平常相比

usual-verdicts-fewer = 比平常少
usual-verdicts-usual = 与平常差不多
usual-verdicts-more = 比平常多
usual-verdicts-too_few_weeks = 过去的数据不够，无法判断
usual-verdicts-incomplete = 今天无法判断

usual-what-call = 服务来电
usual-what-community = 居民来电
usual-what-officer = 警员发起
usual-what-request = 311 请求

usual-brief = 24 小时内 { $now } 起，通常 { $low }–{ $high } 起。
usual-counted = { $what }：截至 { $until } 的 24 小时内，目前已知 { $now } 起。
usual-compared = 此前 { $weeks } 周：平均 { $mean } 起，{ $low } 至 { $high } 起属平常。
usual-tooFew = 此前可比较的周数：{ $weeks }。至少要有 { $least } 周才能说明什么是平常。
usual-averaged = 这些时段平均为 { $mean } 起。
usual-incomplete = 全市在这段时间的记录太少，某个数据来源必定有缺失。
usual-skipped = 此前十二周中有 { $count } 周未作比较：数据来源没有完整覆盖。
usual-unanswered = 还没有任何数据来源作出回应。
usual-failed = 现在无法加载比较结果。

usual-city-when = （{ $day } { $hour }）

usual-city-range-call = 24 小时 { $now } 个来电，通常 { $low }–{ $high } 个
usual-city-range-request = 24 小时 { $now } 项请求，通常 { $low }–{ $high } 项

usual-city-whole = （全市）

usual-apart = 另计：{ $what }：{ $now } 起，平均 { $mean } 起。{ $verdict }。
usual-weeksAgo = 12 周前
usual-now = 现在
usual-notCompared = 未比较
usual-strip = 此前每周，从最早的开始：{ $weeks }。现在：{ $now }。
usual-meaningTitle = 这是什么意思？
usual-meaning = 最近 24 小时与此前最多十二周中同一星期几的相同时段相比。只有偶然情况下约一百个这样的日子才出现一次的数目，才会说“多”或“少”。迟到的记录尚未计入。来电是求助：来电多不等于犯罪多。
