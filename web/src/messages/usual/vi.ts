/** Whether something is usual, in Vietnamese. */

import type { UsualWords } from "./en";

export const usual: UsualWords = {
  title: "Ở đây có thường như vậy không?",
  areaTitle: (area) => `${area}: hiện nay so với mức thường`,
  verdicts: {
    fewer: "Ít hơn thường lệ",
    usual: "Như thường lệ",
    more: "Nhiều hơn thường lệ",
    too_few_weeks: "Chưa đủ dữ liệu quá khứ để nói",
    incomplete: "Hôm nay chưa thể nói",
  },
  what: {
    call: "Cuộc gọi yêu cầu dịch vụ",
    community: "Cuộc gọi từ cộng đồng",
    officer: "Do cảnh sát khởi xướng",
    request: "Yêu cầu 311",
  },
  brief: (now, low, high) => `${now} trong 24 giờ, thường ${low}–${high}.`,
  counted: (what, now, until) => `${what}: ${now} trong 24 giờ đến ${until}, theo những gì đã biết.`,
  compared: (weeks, mean, low, high) =>
    `${weeks} tuần trước: trung bình ${mean}, từ ${low} đến ${high} là bình thường.`,
  tooFew: (weeks, least) =>
    `Số tuần trước có thể so sánh: ${weeks}. Cần ${least} tuần để nói thế nào là bình thường.`,
  averaged: (mean) => `Các tuần đó có trung bình ${mean}.`,
  incomplete: "Cả thành phố báo quá ít trong những giờ này nên hẳn một nguồn nào đó bị thiếu dữ liệu.",
  skipped: (count, text) =>
    count === 1
      ? "1 trong mười hai tuần trước không được so sánh: các nguồn không bao quát trọn tuần đó."
      : `${text} trong mười hai tuần trước không được so sánh: các nguồn không bao quát trọn các tuần đó.`,
  unanswered: "Chưa có nguồn nào trả lời.",
  failed: "Hiện không tải được phần so sánh.",
  city: {
    when: (day, hour) => `vào ${day.toLowerCase()}, ${hour}`,
    range: {
      call: (now, low, high) => `${now} cuộc gọi trong 24 giờ, thường ${low}–${high}`,
      request: (now, low, high) => `${now} yêu cầu trong 24 giờ, thường ${low}–${high}`,
    },
    whole: "trên toàn thành phố",
  },
  apart: (what, now, mean, verdict) => `Tính riêng: ${what}: ${now}, trung bình ${mean}. ${verdict}.`,
  weeksAgo: "12 tuần trước",
  now: "hiện nay",
  notCompared: "không so sánh",
  strip: (weeks, now) => `Từng tuần trước, từ tuần xa nhất: ${weeks}. Hiện nay: ${now}.`,
  meaningTitle: "Điều này nghĩa là gì?",
  meaning:
    "24 giờ vừa qua được đặt cạnh cùng khung giờ của cùng thứ trong tuần, tối đa mười hai tuần trước. Chỉ nói “nhiều hơn” hay “ít hơn” khi con số đó ngẫu nhiên chỉ gặp khoảng một lần trong một trăm ngày như vậy. Hồ sơ đến muộn chưa được tính. Một cuộc gọi là lời nhờ giúp đỡ: nhiều cuộc gọi hơn không có nghĩa là nhiều tội phạm hơn.",
};
