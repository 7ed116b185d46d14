### Pages of the server about the past

past-nav = Số liệu
past-wholeCity = Toàn thành phố
past-openNow = Hiện có { $count } cuộc gọi đang được xử lý.
past-calls = { $count } cuộc gọi

past-span-24 = 24 giờ qua
past-span-168 = 7 ngày qua
past-span-672 = 28 ngày qua

past-apart = Tính riêng: { $officer } do cảnh sát khởi xướng, { $requests } yêu cầu 311.
past-asOf = Tính đến { $time } (mục { $seq } của nhật ký thay đổi).
past-kinds = Loại nào
past-kindsText = Cuộc gọi trong 28 ngày qua. Vạch cho thấy sẽ có bao nhiêu theo tỷ lệ của toàn thành phố.
past-kind = Loại
past-n = Cuộc gọi
past-expected = Theo tỷ lệ thành phố
past-when = Khi nào
past-whenText = Cuộc gọi theo thứ và giờ, 52 tuần qua.
past-weekday = Thứ
past-weeks = Từng tuần
past-weeksText = Cuộc gọi nhận được mỗi tuần. Màu nhạt: tuần chưa kết thúc, hoặc chỉ một phần có trong kho lưu trữ.
past-week = Tuần từ
past-complete = Đầy đủ
past-yes = có
past-no = không
past-wait = Người dân chờ bao lâu
past-waitText = Từ khi nhận đến khi đơn vị đầu tiên có mặt, 52 tuần qua. Tính tất cả, kể cả những cuộc còn chờ và những cuộc không ai đến.
past-none = không nêu
past-known = Biết giờ đến
past-half = Một nửa chờ dưới
past-nine = 9 trên 10 dưới
past-only = Một nửa số được đáp ứng chờ ít hơn
past-fates = Trong { $calls } cuộc gọi, { $served } được đáp ứng, { $unserved } kết thúc trước khi có người đến, { $missing } không có giờ đến trong nguồn, { $waiting } còn chờ. { $excluded } cuộc khác bị loại: các mốc giờ mâu thuẫn hoặc dài hơn một ngày.

past-refusals-not_reported = Không báo cáo: không nguồn nào cho biết khi nào giai đoạn này kết thúc.
past-refusals-too_few = Quá ít cuộc gọi để đưa số liệu.
past-refusals-missing_grows = Không có số liệu: chờ càng lâu thì giờ đến càng hay bị thiếu, nên mọi số liệu đều sẽ sai.

past-never = không đạt
past-interval = { $low } đến { $high }
past-ended = Kết thúc thế nào
past-endedText = 52 tuần qua. Kết thúc không có nghĩa là đã giải quyết.
past-untold = Nguồn không báo
past-now = Đang diễn ra
past-nothingNow = Không có cuộc gọi nào đang mở.
past-check = Tự kiểm tra
past-csv = CSV
past-files = Mọi cuộc gọi theo tháng (Parquet, CSV, GeoJSON)
past-worked = Cách tính
past-stage = Giai đoạn

past-stages-queue = Chờ cử đơn vị
past-stages-turnout = Đến khi đơn vị xuất phát
past-stages-travel = Trên đường
past-stages-response = Từ cuộc gọi đến khi có mặt
past-stages-on_scene = Tại chỗ

past-by = Theo

past-byNames-priority = mức ưu tiên
past-byNames-category = loại
past-byNames-hour = giờ trong ngày
past-byNames-weekday = thứ
past-byNames-month = tháng
past-byNames-agency = cơ quan
past-byNames-origin = ai gọi

past-building = Kho lưu trữ đang được tạo. Hãy thử lại sau một phút.
past-times = Thời gian đáp ứng
past-mean = Trung bình số được đáp ứng

past-outcomes-by = Theo { $heading }

past-outcomes-wait = Thời gian chờ đến khi có người đến

past-outcomes-over = trên { $time }

past-outcomes-unknown = Không biết giờ đến

past-outcomes-others = Kết thúc khác

past-work-title = Công việc

past-work-text = Số đơn vị bận cùng lúc theo giờ trong ngày, trung bình: cuộc gọi của cộng đồng, và việc do cảnh sát khởi xướng màu xám.

past-work-notReported = Không báo cáo: không nguồn nào cho biết cả giờ cử đơn vị lẫn giờ cuộc gọi kết thúc.

past-work-hour = Theo giờ trong ngày

past-work-community = Đơn vị, cộng đồng

past-work-officer = Đơn vị, do cảnh sát khởi xướng

past-work-waiting = Cuộc gọi đang chờ

past-work-queues = Hàng chờ dài nhất

past-work-counted = { $community } cuộc gọi của cộng đồng và { $officer } do cảnh sát khởi xướng có đơn vị tham gia; { $oneUnit } cuộc không báo số đơn vị, mỗi cuộc tính là một. { $leftOut } cuộc khác bị loại: không biết giờ cử đơn vị hay giờ kết thúc, hoặc các mốc giờ mâu thuẫn.

past-compare-nav = So sánh

past-compare-title = So sánh khu vực

past-compare-text = Mỗi số liệu kèm khoảng có thể có (95 %). Một chênh lệch được ghi “trong mức ngẫu nhiên” nếu khoảng của nó chứa số không. Khoảng một trên hai mươi chênh lệch được ghi là thật chỉ do ngẫu nhiên.

past-compare-choose = Chọn hai đến sáu khu vực, hoặc một khu vực và một khoảng thời gian thứ hai.

past-compare-add = Thêm khu vực

past-compare-since = Từ

past-compare-until = Trước

past-compare-versusSince = So sánh với thời gian từ

past-compare-area = Khu vực

past-compare-days = Số ngày có dữ liệu

past-compare-aWeek = Cuộc gọi mỗi tuần

past-compare-aWeekText = Cuộc gọi của cộng đồng. Khoảng rộng bằng mức dao động giữa các tuần; đường đứt là khu vực đầu tiên.

past-compare-beside = So với đầu tiên

past-compare-base = đầu tiên

past-compare-waitText = Từ khi nhận đến khi đơn vị đầu tiên có mặt; tính tất cả. Đường đứt là khu vực đầu tiên.

past-compare-sharesText = Tỷ lệ trong các cuộc gọi của mỗi cột; in đậm khi khác với cột đầu tiên vượt mức ngẫu nhiên.

past-compare-endedText = Tỷ lệ trong các cuộc gọi đã kết thúc. Kết thúc không có nghĩa là đã giải quyết.

past-compare-without = × { $name }

past-compare-verdicts-more = cao hơn

past-compare-verdicts-less = thấp hơn

past-compare-verdicts-within_chance = trong mức ngẫu nhiên

past-compare-verdicts-unknown = không đủ dữ liệu

past-target-title = Trong mục tiêu

past-target-text = Bao nhiêu cuộc gọi qua giai đoạn này trong mục tiêu của thành phố. Tính tất cả, kể cả những cuộc còn chờ và những cuộc không ai đến.

past-target-goal = Mục tiêu

past-target-within = Trong mục tiêu

past-target-only = Trong số được đáp ứng

past-target-missing = Nếu giờ thiếu là không bao giờ, hoặc ngay lập tức

past-target-several = nhiều mục tiêu

past-target-inTime = trong { $time }

past-target-shareInTime = { $share } trong { $time }

past-target-asked = Mục tiêu: { $target }.

past-target-since = Mục tiêu: { $target }, từ { $day }.

past-rate-residents = { $n } cư dân ({ $year }, { $source })

past-rate-of = { $rate } trên 1.000 cư dân

past-rate-aWeek = Mỗi tuần trên 1.000 cư dân

past-rate-counted = Số cư dân năm { $year }: { $source }. Người sống nơi khác cũng gọi.
