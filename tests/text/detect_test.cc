#include "souk/text/detect.h"

#include <gtest/gtest.h>

namespace souk::text {
namespace {

TEST(DetectLanguage, TellsLongerTexts) {
  const std::pair<const char*, const char*> texts[] = {
      {"en", "These wireless headphones have a battery that lasts for thirty hours and they are comfortable to wear all day."},
      {"de", "Diese kabellosen Kopfhörer haben einen Akku, der dreißig Stunden hält, und sind den ganzen Tag angenehm zu tragen."},
      {"fr", "Ce casque sans fil possède une batterie qui dure trente heures et il est agréable à porter toute la journée."},
      {"es", "Estos auriculares inalámbricos tienen una batería que dura treinta horas y son cómodos de llevar todo el día."},
      {"it", "Queste cuffie senza fili hanno una batteria che dura trenta ore e sono comode da indossare tutto il giorno."},
      {"pl", "Te bezprzewodowe słuchawki mają baterię, która działa trzydzieści godzin, i są wygodne przez cały dzień."},
      {"ru", "Эти беспроводные наушники работают тридцать часов без подзарядки, и их удобно носить весь день."},
      {"zh", "这款无线耳机的电池可以使用三十个小时，全天佩戴都很舒适，音质也非常清晰。"},
      {"ja", "このワイヤレスヘッドホンは三十時間使えるバッテリーを備え、一日中快適に装着できます。"},
      {"ko", "이 무선 헤드폰은 서른 시간 동안 사용할 수 있는 배터리를 갖추고 있으며 하루 종일 편안합니다."},
      {"he", "לאוזניות האלחוטיות האלה יש סוללה שמחזיקה שלושים שעות והן נוחות לשימוש כל היום."},
      {"vi", "Tai nghe không dây này có pin dùng được ba mươi giờ và đeo thoải mái cả ngày."},
  };
  for (const auto& [language, text] : texts) {
    const DetectedLanguage found = detect_language(text, "en");
    EXPECT_EQ(found.language, language) << text;
    EXPECT_GT(found.confidence, 0.5) << text;
  }
}

TEST(DetectLanguage, LeavesShortAndUnsureTextsToTheHint) {
  for (const char* text : {"", "Sony WH-1000XM4", "Kopfhörer", "iPhone 12 Pro Max 256 GB", "12345 67890 12345 67890", "\xFF\xFE\xFF"}) {
    const DetectedLanguage found = detect_language(text, "de-AT");
    EXPECT_EQ(found.language, "de-AT") << text;
    EXPECT_EQ(found.confidence, 0) << text;
  }
}

TEST(DetectLanguage, KeepsTheTagOfTheHintsOwnLanguage) {
  EXPECT_EQ(detect_language("Diese kabellosen Kopfhörer haben einen Akku, der dreißig Stunden hält.", "de-AT").language, "de-AT");
}

TEST(DetectLanguage, TellsShortTextsOfScriptsThatTheHintIsNotWrittenIn) {
  EXPECT_EQ(detect_language("беспроводные наушники", "en").language, "ru");
  EXPECT_EQ(detect_language("ワイヤレスイヤホン", "en").language, "ja");
  EXPECT_EQ(detect_language("무선 이어폰", "en").language, "ko");
}

TEST(DetectLanguage, ReadsAnyBytes) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text.push_back(static_cast<char>(i * 31));
  EXPECT_NO_FATAL_FAILURE(detect_language(text, "en"));
  std::string wide;
  while (wide.size() < 100'000) wide += "é";
  EXPECT_NO_FATAL_FAILURE(detect_language("x" + wide, "en"));
}

}  // namespace
}  // namespace souk::text
