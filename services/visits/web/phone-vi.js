// Words about what the phone keeps and sends.
export default {
  "this-device": "Tình trạng của máy này",
  unsent: "{n} mục chưa gửi, lâu nhất từ {age}.",
  "set-aside": "{n} mục cần đồng chí xem lại.",
  ago: "{n} trước",
  minutes: "{n} phút",
  hours: "{n} giờ",
  days: "{n} ngày",
  "sign-in-to-send": "Phiên đăng nhập đã hết. Mọi thứ chưa gửi còn nguyên trên máy; đăng nhập lại là gửi tiếp.",
  "storage-full":
    "Bộ nhớ máy đã đầy nên chưa lưu thêm được. Những gì đã lưu vẫn còn nguyên. Đồng chí xóa bớt ảnh hoặc ứng dụng khác rồi viết tiếp, đừng đóng trang này.",
  "clock-off": "Đồng hồ của máy lệch khoảng {n} so với giờ đúng. Đồng chí chỉnh lại giờ trong phần Cài đặt của máy.",
  nag: "Có mục chờ gửi đã hơn một ngày. Đồng chí mở danh sách để gửi lại hoặc lấy tệp đưa Văn phòng.",
  "others-unsent": "Trên máy này còn {n} mục của người khác chưa gửi, khóa kín đến khi người ấy đăng nhập.",
  "new-version": "Có bản mới của ứng dụng.",
  "take-new-version": "Dùng bản mới",
  "leave-unsent":
    "Còn {n} mục chưa gửi hoặc đang viết. Chúng ở lại máy này, khóa kín, và gửi tiếp khi đồng chí đăng nhập lại. Đăng xuất?",
  "needs-https": "Trình duyệt chỉ giữ được chuyến đi khi mở trang bằng địa chỉ an toàn (https).",
  "no-storage": "Trình duyệt này không cho lưu trên máy (có thể đang ở chế độ ẩn danh). Đồng chí mở bằng cửa sổ thường.",
};
