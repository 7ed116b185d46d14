/** Whether something is usual, in Chinese (Simplified). */

import type { UsualWords } from "./en";

export const usual: UsualWords = {
  title: "这里平常也这样吗？",
  areaTitle: (area) => `${area}：现在与平常相比`,
  verdicts: {
    fewer: "比平常少",
    usual: "与平常差不多",
    more: "比平常多",
    too_few_weeks: "过去的数据不够，无法判断",
    incomplete: "今天无法判断",
  },
  what: {
    call: "服务来电",
    community: "居民来电",
    officer: "警员发起",
    request: "311 请求",
  },
  brief: (now, low, high) => `24 小时内 ${now} 起，通常 ${low}–${high} 起。`,
  counted: (what, now, until) => `${what}：截至 ${until} 的 24 小时内，目前已知 ${now} 起。`,
  compared: (weeks, mean, low, high) => `此前 ${weeks} 周：平均 ${mean} 起，${low} 至 ${high} 起属平常。`,
  tooFew: (weeks, least) => `此前可比较的周数：${weeks}。至少要有 ${least} 周才能说明什么是平常。`,
  averaged: (mean) => `这些时段平均为 ${mean} 起。`,
  incomplete: "全市在这段时间的记录太少，某个数据来源必定有缺失。",
  skipped: (count, text) =>
    count === 1
      ? "此前十二周中有 1 周未作比较：数据来源没有完整覆盖。"
      : `此前十二周中有 ${text} 周未作比较：数据来源没有完整覆盖。`,
  unanswered: "还没有任何数据来源作出回应。",
  failed: "现在无法加载比较结果。",
  city: {
    when: (day, hour) => `（${day} ${hour}）`,
    range: {
      call: (now, low, high) => `24 小时 ${now} 个来电，通常 ${low}–${high} 个`,
      request: (now, low, high) => `24 小时 ${now} 项请求，通常 ${low}–${high} 项`,
    },
    whole: "（全市）",
  },
  apart: (what, now, mean, verdict) => `另计：${what}：${now} 起，平均 ${mean} 起。${verdict}。`,
  weeksAgo: "12 周前",
  now: "现在",
  notCompared: "未比较",
  strip: (weeks, now) => `此前每周，从最早的开始：${weeks}。现在：${now}。`,
  meaningTitle: "这是什么意思？",
  meaning:
    "最近 24 小时与此前最多十二周中同一星期几的相同时段相比。只有偶然情况下约一百个这样的日子才出现一次的数目，才会说“多”或“少”。迟到的记录尚未计入。来电是求助：来电多不等于犯罪多。",
};
