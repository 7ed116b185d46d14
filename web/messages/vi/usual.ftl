### Whether something is usual here

usual-title = Ở đây có thường như vậy không?
usual-areaTitle = { $area }: hiện nay so với mức thường

usual-verdicts-fewer = Ít hơn thường lệ
usual-verdicts-usual = Như thường lệ
usual-verdicts-more = Nhiều hơn thường lệ
usual-verdicts-too_few_weeks = Chưa đủ dữ liệu quá khứ để nói
usual-verdicts-incomplete = Hôm nay chưa thể nói

usual-what-call = Cuộc gọi yêu cầu dịch vụ
usual-what-community = Cuộc gọi từ cộng đồng
usual-what-officer = Do cảnh sát khởi xướng
usual-what-request = Yêu cầu 311

usual-brief = { $now } trong 24 giờ, thường { $low }–{ $high }.
usual-counted = { $what }: { $now } trong 24 giờ đến { $until }, theo những gì đã biết.
usual-compared = { $weeks } tuần trước: trung bình { $mean }, từ { $low } đến { $high } là bình thường.
usual-tooFew = Số tuần trước có thể so sánh: { $weeks }. Cần ít nhất { $least } tuần để nói thế nào là bình thường.
usual-averaged = Các tuần đó có trung bình { $mean }.
usual-incomplete = Cả thành phố báo quá ít trong những giờ này nên hẳn một nguồn nào đó bị thiếu dữ liệu.
usual-skipped = { $count } trong mười hai tuần trước không được so sánh: các nguồn không bao quát trọn các tuần đó.
usual-unanswered = Chưa có nguồn nào trả lời.
usual-failed = Hiện không tải được phần so sánh.

usual-city-when = { $day }, { $hour }

usual-city-range-call = { $now } cuộc gọi trong 24 giờ, thường { $low }–{ $high }
usual-city-range-request = { $now } yêu cầu trong 24 giờ, thường { $low }–{ $high }

usual-city-whole = trên toàn thành phố

usual-apart = Tính riêng: { $what }: { $now }, trung bình { $mean }. { $verdict }.
usual-weeksAgo = 12 tuần trước
usual-now = hiện nay
usual-notCompared = không so sánh
usual-strip = Từng tuần trước, từ tuần xa nhất: { $weeks }. Hiện nay: { $now }.
usual-meaningTitle = Điều này nghĩa là gì?
usual-meaning = 24 giờ vừa qua được đặt cạnh cùng khung giờ của cùng thứ trong tuần, tối đa mười hai tuần trước. Chỉ nói “nhiều hơn” hay “ít hơn” khi con số đó ngẫu nhiên chỉ gặp khoảng một lần trong một trăm ngày như vậy. Hồ sơ đến muộn chưa được tính. Một cuộc gọi là lời nhờ giúp đỡ: nhiều cuộc gọi hơn không có nghĩa là nhiều tội phạm hơn.
