// Words of the reminders page.
export default {
  reminders: "Nhắc việc",
  "reminders-by-email": "Nhận qua thư điện tử: đặt ở trang Tin nhắn",

  "push-title": "Tin nhắc trên máy này",
  "push-about":
    "Mỗi sáng làm việc nhiều nhất một tin, cho biết có mấy việc đến hạn; việc vừa quá hạn và việc khẩn được báo ngay. Tin không ghi tên ai và không ghi nội dung việc.",
  "push-on": "Bật tin nhắc trên máy này",
  "push-is-on": "Đã bật. Đồng chí có thể bấm “Gửi thử” để xem tin đến thế nào.",
  "push-off": "Tắt trên máy này",
  "push-is-off": "Đã tắt trên máy này.",
  "push-try": "Gửi thử",
  "push-tried": "Đã gửi một tin thử; tin sẽ hiện trên máy trong vài giây.",
  "push-refused": "Máy này chưa nhận được tin ({reason}). Đồng chí tắt rồi bật lại giúp.",
  "push-none": "Hệ thống này chưa nối với dịch vụ báo tin của điện thoại. Đồng chí vẫn nhận tin ở trang Tin nhắn.",
  "push-blocked":
    "Trình duyệt đang chặn thông báo của trang này. Mở phần cài đặt của trang (biểu tượng bên trái địa chỉ), cho phép Thông báo, rồi mở lại trang.",
  "push-home-screen":
    "Trên iPhone, tin nhắc chỉ đến khi trang nằm ở màn hình chính: mở trang bằng Safari, chạm nút Chia sẻ, chọn “Thêm vào MH chính”, rồi mở từ biểu tượng ấy.",
  "push-cannot": "Trình duyệt này không nhận được tin nhắc. Hãy dùng Chrome, Edge, Cốc Cốc, Firefox hoặc Safari bản mới.",
  "push-since": "bật từ {day}",
  "push-reached": "nhận gần nhất {at}",
  "push-never": "chưa nhận tin nào",

  "quiet-title": "Giờ yên lặng",
  "quiet-about":
    "Thư và tin nhắc chỉ đến từ 07:30 đến 17:00 ngày làm việc, trừ những giờ đồng chí chọn dưới đây. Việc khẩn vẫn được báo ngay.",
  "quiet-from": "Từ",
  "quiet-to": "Đến",
  save: "Lưu",
  "quiet-saved": "Đã lưu giờ yên lặng.",

  "calendar-title": "Lịch trong điện thoại",
  "calendar-about":
    "Lịch của điện thoại tự cập nhật hạn các việc và ngày đi cơ sở. Mỗi mục chỉ ghi loại việc và tên đơn vị. Ai có địa chỉ này đều đọc được lịch, nên đồng chí đừng gửi cho người khác.",
  "calendar-make": "Lập địa chỉ lịch",
  "calendar-open": "Thêm vào lịch của điện thoại",
  "calendar-address": "Địa chỉ lịch",
  "calendar-once": "Chỉ hiện một lần này. Quên thì đổi địa chỉ mới.",
  "calendar-copy": "Chép địa chỉ",
  "calendar-copied": "Đã chép.",
  "calendar-change": "Đổi địa chỉ",
  "calendar-withdraw": "Bỏ địa chỉ",
  "calendar-withdrawn": "Đã bỏ địa chỉ; không máy nào đọc được lịch nữa.",
  "calendar-read": "Điện thoại đọc lịch gần nhất: {at}.",
  "calendar-unread": "Chưa có máy nào đọc lịch.",
};
