// Words for asking and giving more days.
export default {
  "extensions-about": "Chấp thuận thì hạn dời ngay và thôi nhắc; hạn đầu tiên vẫn ghi lại. Không chấp thuận thì hạn giữ nguyên.",
  "extensions-none": "Không có đề nghị nào đang chờ.",
  "asked-days": "Xin thêm {n} ngày, đang chờ Thường trực",
  "decision-note": "Ý kiến (không bắt buộc)",
  grant: "Chấp thuận",
  refuse: "Không chấp thuận",
  granted: "Đã chấp thuận. Hạn đã dời.",
  refused: "Không chấp thuận. Hạn giữ nguyên.",
  "first-date-stays": "Hạn đầu tiên vẫn ghi: {day}.",
  "ask-more-days": "Xin gia hạn",
  "ask-days": "Thêm bao nhiêu ngày",
  "ask-hint": "Tính theo ngày lịch, từ hạn đang có. Xin gia hạn không làm dừng thời hạn.",
  "ask-working-hint": "Tính theo ngày làm việc, từ hạn đang có. Xin gia hạn không làm dừng thời hạn.",
  "ask-reason": "Lý do",
  "ask-send": "Gửi đề nghị",
  "asked-sent": "Đã gửi đề nghị đến Thường trực. Hạn chưa đổi cho đến khi được chấp thuận.",
};
