/** Whether something is usual, in Chinese (Traditional). */

import type { UsualWords } from "./en";

export const usual: UsualWords = {
  title: "這裡平常也這樣嗎？",
  areaTitle: (area) => `${area}：現在與平常相比`,
  verdicts: {
    fewer: "比平常少",
    usual: "與平常差不多",
    more: "比平常多",
    too_few_weeks: "過去的資料不夠，無法判斷",
    incomplete: "今天無法判斷",
  },
  what: {
    call: "服務來電",
    community: "居民來電",
    officer: "警員發起",
    request: "311 請求",
  },
  brief: (now, low, high) => `24 小時內 ${now} 起，通常 ${low}–${high} 起。`,
  counted: (what, now, until) => `${what}：截至 ${until} 的 24 小時內，目前已知 ${now} 起。`,
  compared: (weeks, mean, low, high) => `此前 ${weeks} 週：平均 ${mean} 起，${low} 至 ${high} 起屬平常。`,
  tooFew: (weeks, least) => `此前可比較的週數：${weeks}。至少要有 ${least} 週才能說明什麼是平常。`,
  averaged: (mean) => `這些時段平均為 ${mean} 起。`,
  incomplete: "全市在這段時間的記錄太少，某個資料來源必定有缺失。",
  skipped: (count, text) =>
    count === 1
      ? "此前十二週中有 1 週未作比較：資料來源沒有完整覆蓋。"
      : `此前十二週中有 ${text} 週未作比較：資料來源沒有完整覆蓋。`,
  unanswered: "還沒有任何資料來源作出回應。",
  failed: "現在無法載入比較結果。",
  city: {
    when: (day, hour) => `（${day} ${hour}）`,
    range: {
      call: (now, low, high) => `24 小時 ${now} 個來電，通常 ${low}–${high} 個`,
      request: (now, low, high) => `24 小時 ${now} 項請求，通常 ${low}–${high} 項`,
    },
    whole: "（全市）",
  },
  apart: (what, now, mean, verdict) => `另計：${what}：${now} 起，平均 ${mean} 起。${verdict}。`,
  weeksAgo: "12 週前",
  now: "現在",
  notCompared: "未比較",
  strip: (weeks, now) => `此前每週，從最早的開始：${weeks}。現在：${now}。`,
  meaningTitle: "這是什麼意思？",
  meaning:
    "最近 24 小時與此前最多十二週中同一星期幾的相同時段相比。只有偶然情況下約一百個這樣的日子才出現一次的數目，才會說「多」或「少」。遲到的記錄尚未計入。來電是求助：來電多不等於犯罪多。",
};
