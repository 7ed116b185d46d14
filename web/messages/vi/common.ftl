### The map page, and what the server's pages say in the same words

live = Trực tiếp
notLive = Không trực tiếp
connecting = Đang kết nối
lost = Mất kết nối, đang thử lại
kept = Ngoại tuyến. Tình hình { $span } trước
keptOnce = Ngoại tuyến. Đây là tình hình khi còn kết nối.
loading = Đang tải các sự việc
failed = Máy chủ không trả lời. Đang thử lại.
ago = { $span } trước
newest = cuộc gọi mới nhất: { $when }
checked = Đã kiểm tra { $span } trước, không có cuộc gọi
late = { $source } trễ { $span }, từ { $since }
silent = { $source } chưa trả lời
unstored = Hiện không lưu được dữ liệu mới của { $source }
short = { $source }: lần cập nhật gần nhất thiếu nhiều sự việc; chưa sự việc nào được coi là đã kết thúc
failing = { $source } không trả lời từ { $since }
pausedSince = Thành phố tạm dừng từ { $since }: { $what }. Lý do: { $reason }

pauseScopes-city = tất cả
pauseScopes-area = một phần của thành phố

moreTroubles = { $count } thông báo nữa ở trang “Dữ liệu & phương pháp”.

openIn-calls = cuộc gọi đang xử lý
openIn-requests = yêu cầu đang xử lý
openIn-officer = do cảnh sát, đang diễn ra
openIn-all = đang xử lý

endedIn-all = đã xong, { $range }
endedIn-some = đã xong hoặc đã báo, { $range }
endedIn-none = đã báo, { $range }

inWholeCity = { $count } trong toàn thành phố
sections = Nội dung được liệt kê

sectionNames-calls = Cuộc gọi
sectionNames-requests = Sửa chữa và yêu cầu
sectionNames-officer = Hoạt động của cảnh sát

happening = Đang diễn ra · { $count }

endedList-all = Đã xong · { $range } · { $count }
endedList-some = Đã xong hoặc đã báo · { $range } · { $count }
endedList-none = Đã báo · { $range } · { $count }

order = Thứ tự

orders-nearest = gần nhất trước
orders-newest = mới nhất trước
orders-longest = lâu nhất trước

showOpenOnly = Chỉ hiện các sự việc đang xử lý
showClosedOnly = Chỉ hiện các sự việc đã xong
search = Tìm đường, địa điểm hoặc khu tuần tra
seek = Tìm
clearSearch = Xóa tìm kiếm
found = Khu vực, địa điểm và địa chỉ

foundKinds-place = Địa điểm
foundKinds-address = Địa chỉ

lookUp = Tra “{ $text }” tại { $host }

lookedUp-asking = Đang tra…
lookedUp-nothing = Không có địa chỉ này trong thành phố.
lookedUp-failed = Dịch vụ tra địa chỉ không trả lời.

locate = Hiện vị trí của tôi
locating = Đang tìm vị trí của bạn. Chỉ trình duyệt này biết.
elsewhere = Bạn ở ngoài phạm vi của bản đồ này.
noPosition = Trình duyệt không cho biết vị trí của bạn.
categories = Loại
incidents = Sự việc
nothing = Không có gì phù hợp.
nothingHint = Hãy mở rộng khoảng thời gian hoặc hiện lại tất cả.
showAll = Hiện tất cả
newMany = { $count } sự việc mới
fast = Đây là bản trình diễn: thời gian trôi nhanh gấp { $rate } lần.
notACrime = Một cuộc gọi là lời yêu cầu giúp đỡ, không phải là tội phạm.
contact = Có thông tin sai hoặc riêng tư ở đây?
data = Dữ liệu & phương pháp
whatAndWhy = Công bố gì và vì sao
someWithheld = Một số không được công bố để bảo vệ mọi người.
withheld = { $count } cuộc gọi hôm qua không được công bố để bảo vệ mọi người.
close = Đóng
link = Sao chép liên kết
copied = Đã sao chép
copy = Sao chép
copyCode = Sao chép mã
copyFailed = Trình duyệt này không cho trang sao chép. Hãy tự chọn và sao chép văn bản.
shareView = Chia sẻ cách xem này
shareLink = Liên kết đến cách xem này
shareHint = Cả hai giữ bộ lọc, khoảng thời gian và vị trí bản đồ nếu bạn đã di chuyển.
asData = Cùng các sự việc dưới dạng dữ liệu (GeoJSON)
shareWith = Chia sẻ với…
embedLabel = Mã cho trang của riêng bạn
embedTitle = Bản đồ trực tiếp các cuộc gọi yêu cầu dịch vụ ở { $city }
fullMap = Mở bản đồ đầy đủ
help = Phím và trợ giúp
language = Ngôn ngữ
areas = Khu vực
noAreas = Không có đường viền
layers = Lớp
density = Sự việc đã xong theo mật độ

densities-auto = Khi thu nhỏ
densities-always = Luôn luôn
densities-never = Không bao giờ

densityLegend = Sự việc đã xong trong mỗi hình lục giác
share = Chia sẻ
filters = Bộ lọc
play = Phát lại cả ngày
pause = Tạm dừng
now = bây giờ
midnight = nửa đêm
noon = trưa
only = chỉ
allAgain = tất cả
onlyThis = Chỉ { $name }, hoặc lại tất cả
oneMore = Thêm loại khác
chosen = Đã chọn
letGo = Bỏ { $name }
asOfThen = Nhận từ { $from } đến { $until }, theo những gì biết hôm nay. Những gì đã rút lại từ đó không hiển thị.
backToNow = Trở về hiện tại
pastLoading = Đang tải…
pastPart = Quá nhiều cho một trang: chỉ hiển thị 10.000 mục mới nhất.
pastFailed = Không tải được.
toNewest = Đến cuộc gọi mới nhất, { $when }
toDay = Đến một ngày
shareStill = Giữ nguyên thời điểm này
copyStill = Sao chép liên kết đến thời điểm này
stillHint = Liên kết đầu luôn cho thấy các cuộc gọi mới nhất. Liên kết thứ hai vẫn cho thấy các cuộc gọi của thời điểm này, theo những gì biết được khi mở liên kết, và không có những cuộc đã bị rút lại từ đó.
clearSpan = Bỏ khoảng thời gian

range-1 = 1 giờ
range-24 = 24 giờ
range-168 = 7 ngày
range-720 = 30 ngày

rangeLong-1 = 1 giờ qua
rangeLong-24 = 24 giờ qua
rangeLong-168 = 7 ngày qua
rangeLong-720 = 30 ngày qua

timeline = Dòng thời gian
timelineText = { $open } sự việc đang xử lý và { $closed } đã xong, nhận từ { $from } đến { $to }
spanFrom = Đầu khoảng thời gian
spanTo = Cuối khoảng thời gian
hourRing = Giờ trong ngày
hourCount = { $hour }: { $count }
weekdays = Ngày trong tuần
kind = Dạng

kinds-call = Cuộc gọi yêu cầu dịch vụ
kinds-request = Yêu cầu 311

agency = Cơ quan

agencies-police = Cảnh sát
agencies-fire = Cứu hỏa
agencies-ems = Cấp cứu
agencies-public_works = Công chánh
agencies-animal_services = Dịch vụ động vật
agencies-traffic = Giao thông
agencies-sanitation = Vệ sinh đô thị
agencies-transportation = Giao thông vận tải
agencies-parks = Công viên

status = Tình trạng

statuses-open = Đang xử lý
statuses-closed = Đã xong

origin = Khởi đầu bởi

origins-community = Cộng đồng
origins-officer = Nhân viên

priority = Mức ưu tiên
any = Bất kỳ

stages-reported = đã báo
stages-ended = đã xong
stages-received = đã nhận
stages-dispatched = đã điều động
stages-en_route = đang đến
stages-on_scene = tại chỗ
stages-closed = đã xong

stageTitles-reported = Đã báo
stageTitles-ended = Đã xong
stageTitles-received = Đã nhận
stageTitles-dispatched = Đã điều động
stageTitles-en_route = Đang đến
stageTitles-on_scene = Tại chỗ
stageTitles-closed = Đã xong

endedAs = { $stage } · { $disposition }
closedIn = Đã xong sau { $span }
endedAfter = Đã xong sau { $span }
noArrivals = Nguồn “{ $source }” không cho biết khi nào các đơn vị đến nơi.
noEnds = Nguồn “{ $source }” không cho biết khi nào sự việc kết thúc.

dispositions-handled = đã giải quyết
dispositions-report_taken = đã lập biên bản
dispositions-advised = đã hướng dẫn
dispositions-cited = đã ghi phạt
dispositions-arrest = bắt giữ
dispositions-referred = đã chuyển
dispositions-unfounded = không có cơ sở
dispositions-gone_on_arrival = đã rời đi khi đến nơi
dispositions-unable_to_locate = không tìm thấy
dispositions-cancelled = đã hủy
dispositions-duplicate = trùng lặp
dispositions-false_alarm = báo động giả
dispositions-crew_assigned = đã phân đội
dispositions-completed = đã hoàn thành
dispositions-other = khác

blockOf = dãy nhà { $number } đường { $street }
nearStreet = { $street }, gần { $crossed }
nearCentre = Gần trung tâm
fromCentre = Cách trung tâm khoảng { $distance } về phía { $direction }

directions-n = bắc
directions-ne = đông bắc
directions-e = đông
directions-se = đông nam
directions-s = nam
directions-sw = tây nam
directions-w = tây
directions-nw = tây bắc

compass-n = B
compass-ne = ĐB
compass-e = Đ
compass-se = ĐN
compass-s = N
compass-sw = TN
compass-w = T
compass-nw = TB

away = { $distance } { $direction }
rowName = { $what }, { $state }, { $ago }, { $where }
isOpen = đang xử lý
here = Tại đây:

hereNames-position = Nơi bạn đang ở
hereNames-address = Địa chỉ
hereNames-area = Khu vực
hereNames-point = Một điểm trên bản đồ

onlyHere = Chỉ { $area }
forgetHere = Quên nơi này
nearest = Gần nhất: { $what }, cách khoảng { $distance } về phía { $direction }.
nearReported = Đã báo lúc { $time }.
nearOpen = Đã báo lúc { $time }, chưa xong.
nearEnded = Đã báo lúc { $time }, đã xong lúc { $end }.
nothingElse = Không còn sự việc nào đang xử lý trong vòng { $distance }.
moreOpen = Còn { $count } sự việc đang xử lý trong vòng { $distance }.
nothingNear = Không sự việc nào được liệt kê có địa điểm.
noPlace = Địa điểm không hiện

lacks-ground = không có nền bản đồ
lacks-names = không có địa danh
lacks-areas = không có khu vực

groundMissing = Chỉ bạn thấy dòng này, trên chính máy chủ: bản đồ { $what }. Lệnh “blocklight ground build” sẽ tạo chúng.

areaKind-beat = khu tuần tra
areaKind-district = quận
areaKind-neighbourhood = khu phố
areaKind-neighborhood = khu phố
areaKind-council_district = khu hội đồng
areaKind-zip = mã bưu chính

placeKinds-grid = Được hiển thị ở tâm ô lưới gần nhất, cách nơi thật không quá { $metres }.
placeKinds-intersection = Được hiển thị ở giao lộ gần nhất, cách nơi thật không quá { $metres }.
placeKinds-block = Được hiển thị ở giữa dãy nhà, cách nơi thật không quá { $metres }.
placeKinds-area = Được hiển thị ở một điểm cho cả khu vực, cách nơi thật không quá { $metres }.
placeKinds-publisher = Được hiển thị ở nơi mà nguồn của thành phố đặt, cách nơi thật không quá { $metres }.

placeWithheld = Sự việc này không có trên bản đồ: địa điểm không hiện.
delayed = Theo quy định của thành phố, được công bố muộn hơn lúc tiếp nhận.
timeStep = Các giờ được làm tròn xuống theo bước { $minutes } phút.
unitsAssigned = { $count } đơn vị được phân công
priorityIs = Mức ưu tiên { $priority }
reportedAs = Lời của cơ quan: “{ $text }”.
officerInitiated = Do nhân viên mở, không phải do cuộc gọi từ cộng đồng.
nearby = { $count } sự việc khác trong vòng { $metres } trong thời gian đang xem
life = Những gì thay đổi từ lần hiện đầu tiên
firstShown = Hiện lần đầu
changedTo = { $field }: { $value }

fields-status = Tình trạng
fields-category = Loại
fields-subcategory = Phân loại chi tiết
fields-priority = Mức ưu tiên
fields-units = Đơn vị
fields-disposition = Kết thúc thế nào
fields-place = Địa điểm
fields-areas = Khu vực
fields-agency = Cơ quan
fields-origin = Khởi đầu bởi
fields-source_type = Lời của cơ quan
fields-dispatched_at = Đã điều động
fields-en_route_at = Đang đến
fields-on_scene_at = Tại chỗ
fields-closed_at = Đã xong
fields-received_at = Đã nhận
fields-kind = Dạng

gone = Sự việc này không còn được hiện.
mapFailed = Không tải được bản đồ. Danh sách có đủ mọi thứ.
marks = Các sự việc trên bản đồ
map = Bản đồ các sự việc
zoomIn = Phóng to
zoomOut = Thu nhỏ
wholeCity = Toàn thành phố
sheet = Đổi cỡ bảng
skip = Đến danh sách
keys-move = sự việc sau và trước
keys-open = mở chi tiết
keys-follow = theo sự việc mới nhất
keys-search = tìm kiếm
keys-close = đóng, hoặc xóa tìm kiếm
keys-help = trợ giúp này
following = Đang theo sự việc mới nhất
openMark = Vòng tròn rỗng là đang xử lý: vẫn có người làm việc.
closedMark = Hình tròn đặc là đã xong. Nó mờ dần theo thời gian.
legend = Ý nghĩa các dấu
printed = Tính đến { $time }
printedRest = { $count } sự việc khác không được in.

groups-harm = Gây hại cho người
groups-property = Tài sản
groups-disturbance = Gây rối
groups-traffic = Giao thông
groups-fire = Cháy và nguy hiểm
groups-medical = Y tế
groups-services = 311 và dịch vụ
groups-officer = Công tác cảnh sát

subcategory-smoke_alarm = Báo động khói
subcategory-carbon_monoxide_alarm = Báo động khí CO
subcategory-barking_dog = Chó sủa
subcategory-stray_animal = Thú đi lạc
subcategory-dead_animal = Xác thú vật
subcategory-vegetation_fire = Cháy cỏ cây
subcategory-trash_fire = Cháy rác
subcategory-tree_down = Cây hoặc cành đổ
subcategory-wires_down = Dây điện rơi
subcategory-water_leak = Rò rỉ nước
subcategory-fuel_spill = Tràn nhiên liệu
subcategory-gas_leak = Rò rỉ khí gas
subcategory-loud_music = Nhạc lớn tiếng
subcategory-loud_party = Tiệc ồn ào
subcategory-fireworks = Pháo hoa
subcategory-construction_noise = Tiếng ồn xây dựng
subcategory-business_noise = Tiếng ồn từ cơ sở kinh doanh
subcategory-illegal_parking = Đậu xe sai quy định
subcategory-blocked_driveway = Lối xe ra vào bị chặn
subcategory-blocked_bicycle_lane = Làn xe đạp bị chặn
subcategory-abandoned_vehicle = Xe bị bỏ lại
subcategory-parking_meter = Đồng hồ đậu xe
subcategory-stalled_vehicle = Xe chết máy
subcategory-road_hazard = Vật nguy hiểm trên đường
subcategory-pothole = Ổ gà
subcategory-street_light = Đèn đường
subcategory-traffic_signal = Đèn giao thông
subcategory-sidewalk = Vỉa hè
subcategory-road_sign = Biển báo giao thông
subcategory-storm_drain = Cống thoát nước mưa
subcategory-graffiti = Hình vẽ bậy
subcategory-illegal_dumping = Đổ rác trái phép
subcategory-missed_collection = Bỏ sót thu gom rác
subcategory-litter_bin = Thùng rác công cộng
subcategory-park_maintenance = Bảo trì công viên

category-violence = Hành hung hoặc đe dọa
category-weapons = Vũ khí
category-robbery = Cướp
category-burglary = Đột nhập trộm
category-theft = Trộm cắp
category-vehicle_theft = Mất cắp xe
category-property_damage = Hư hại tài sản
category-disturbance = Gây rối
category-suspicious = Điều khả nghi
category-traffic_collision = Va chạm xe
category-traffic = Giao thông
category-fire = Cháy
category-hazard = Nguy hiểm
category-medical = Y tế
category-rescue = Cứu hộ
category-alarm = Báo động
category-welfare = Thăm hỏi an toàn
category-animal = Động vật
category-parking = Đậu xe
category-street_and_lights = Đường hoặc đèn
category-graffiti_and_dumping = Vẽ bậy hoặc đổ rác
category-noise = Tiếng ồn
category-service = Dịch vụ thành phố
category-officer_activity = Công tác cảnh sát
category-other = Khác

meaning-violence = Có người báo về đánh nhau, hành hung hoặc đe dọa. Điều gì xảy ra chưa được xác định.
meaning-weapons = Có người báo về vũ khí hoặc tiếng giống vũ khí. Thường không tìm thấy gì.
meaning-robbery = Có người báo bị lấy đồ trên người bằng vũ lực hoặc đe dọa.
meaning-burglary = Có người báo về việc đột nhập hoặc tìm cách đột nhập.
meaning-theft = Có người báo bị lấy cắp đồ, không dùng vũ lực với ai.
meaning-vehicle_theft = Có người báo mất xe, hoặc tìm lại được xe đã mất.
meaning-property_damage = Có người báo đồ vật bị hư hại, ví dụ cửa sổ vỡ.
meaning-disturbance = Có người cãi nhau hoặc gây rối; không ai được báo là bị thương.
meaning-suspicious = Có người thấy điều có vẻ bất thường. Phần lớn cuối cùng không có gì.
meaning-traffic_collision = Các xe, hoặc xe và người, va chạm nhau. Thương tích không được hiện.
meaning-traffic = Xe chết máy, làn đường bị chắn hoặc vấn đề giao thông khác.
meaning-fire = Có báo cháy hoặc khói.
meaning-hazard = Rò rỉ, dây điện rơi hoặc nguy hiểm khác cần được xử lý an toàn.
meaning-medical = Có người cần giúp đỡ y tế. Không hiện gì thêm và địa điểm kém chính xác hơn, để bảo vệ họ.
meaning-rescue = Có người cần được giải thoát hoặc đưa đến nơi an toàn.
meaning-alarm = Chuông báo động kêu. Gần như tất cả là báo động giả.
meaning-welfare = Có người nhờ xem một người có bình an không.
meaning-animal = Động vật đi lạc, bị thương hoặc gây ồn.
meaning-parking = Xe đậu gây cản trở hoặc sai quy định.
meaning-street_and_lights = Ổ gà, đèn đường hỏng hoặc việc sửa chữa tương tự.
meaning-graffiti_and_dumping = Hình vẽ bậy cần xóa hoặc rác cần dọn.
meaning-noise = Nhạc to, tiệc tùng hoặc tiếng ồn khác.
meaning-service = Yêu cầu khác với dịch vụ thành phố.
meaning-officer_activity = Việc nhân viên tự bắt đầu, như tuần tra hoặc dừng xe.
meaning-other = Điều không thuộc loại nào khác.

areaNumbers = Khu vực qua số liệu

inNumbers = Số liệu:
