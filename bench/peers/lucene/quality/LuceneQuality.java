// Lucene's side of `./run bench quality`: the ways in which people put a query to several fields of a Lucene index, with every number open.
//
//   LuceneQuality CORPUS QUERIES
//
// CORPUS: a product a line, cells separated by tabs: title, brand, model, short, attrs; all in memory. QUERIES: one a line. Each field is
// indexed by StandardAnalyzer (exact) and by EnglishAnalyzer (stems), and so is `one`, all fields of a product as one text. Commands come on
// standard input, one a line:
//
//   COMBINE ANALYZER K1 B TIE EXACT FIELD:WEIGHT ...
//
// COMBINE  one (the field `one`, weights are not read), sum (of the fields' scores), dismax (for each word the best field, and TIE times the
//          others), bm25f (CombinedFieldQuery, whose weights are at least 1)
// ANALYZER exact, stems, or twins: both, the scores of exact forms times EXACT
//
// Answered by one line: the best 100 products of every query by their line number from 0, separated by blanks; queries by tabs. A document
// needs one word at least. The first line, before any command, names the version.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.DelegatingAnalyzerWrapper;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.CombinedFieldQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.Version;

public final class LuceneQuality {
  private static final String[] FIELDS = {"title", "brand", "model", "short", "attrs"};
  private static final String STEMS = ".stems";
  private static final int DEPTH = 100;

  private final Analyzer exact = new StandardAnalyzer();
  private final Analyzer stems = new EnglishAnalyzer();
  private final List<List<String>> exactWords = new ArrayList<>(); // by query
  private final List<List<String>> stemmedWords = new ArrayList<>();
  private final IndexSearcher searcher;

  /** What a command says. */
  private record Way(String combine, String analyzer, float tie, float exact, Map<String, Float> weights) {}

  private LuceneQuality(Path corpus, Path queries) throws IOException {
    final Directory directory = new ByteBuffersDirectory();
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(byField()));
        BufferedReader lines = Files.newBufferedReader(corpus)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        writer.addDocument(document(line.split("\t", -1)));
      }
      writer.forceMerge(1);
    }
    searcher = new IndexSearcher(DirectoryReader.open(directory));
    searcher.setQueryCache(null);
    for (String query : Files.readAllLines(queries)) {
      exactWords.add(words(exact, query));
      stemmedWords.add(words(stems, query));
    }
  }

  private Analyzer byField() {
    return new DelegatingAnalyzerWrapper(Analyzer.PER_FIELD_REUSE_STRATEGY) {
      @Override
      protected Analyzer getWrappedAnalyzer(String field) {
        return field.endsWith(STEMS) ? stems : exact;
      }
    };
  }

  private static Document document(String[] cells) {
    final Document document = new Document();
    for (int i = 0; i < FIELDS.length; ++i) {
      document.add(new TextField(FIELDS[i], cells[i], Field.Store.NO));
      document.add(new TextField(FIELDS[i] + STEMS, cells[i], Field.Store.NO));
    }
    final String all = String.join(" ", cells);
    document.add(new TextField("one", all, Field.Store.NO));
    document.add(new TextField("one" + STEMS, all, Field.Store.NO));
    return document;
  }

  /** The different words of a text, in its order. */
  private static List<String> words(Analyzer analyzer, String text) throws IOException {
    final Set<String> words = new LinkedHashSet<>();
    try (TokenStream stream = analyzer.tokenStream("text", text)) {
      final CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        words.add(term.toString());
      }
      stream.end();
    }
    return List.copyOf(words);
  }

  private static Query boosted(Query query, float weight) {
    return weight == 1 ? query : new BoostQuery(query, weight);
  }

  private static Query wordQuery(Way way, String word, String suffix) {
    if (way.combine.equals("one")) {
      return new TermQuery(new Term("one" + suffix, word));
    }
    if (way.combine.equals("bm25f")) {
      final CombinedFieldQuery.Builder fields = new CombinedFieldQuery.Builder(word);
      way.weights.forEach((field, weight) -> fields.addField(field + suffix, weight));
      return fields.build();
    }
    final List<Query> fields = new ArrayList<>();
    way.weights.forEach((field, weight) -> fields.add(boosted(new TermQuery(new Term(field + suffix, word)), weight)));
    if (way.combine.equals("dismax")) {
      return new DisjunctionMaxQuery(fields, way.tie);
    }
    final BooleanQuery.Builder sum = new BooleanQuery.Builder();
    fields.forEach(field -> sum.add(field, Occur.SHOULD));
    return sum.build();
  }

  private Query query(Way way, int number) {
    final BooleanQuery.Builder all = new BooleanQuery.Builder();
    if (!way.analyzer.equals("stems")) {
      final float weight = way.analyzer.equals("twins") ? way.exact : 1;
      exactWords.get(number).forEach(word -> all.add(boosted(wordQuery(way, word, ""), weight), Occur.SHOULD));
    }
    if (!way.analyzer.equals("exact")) {
      stemmedWords.get(number).forEach(word -> all.add(wordQuery(way, word, STEMS), Occur.SHOULD));
    }
    return all.build();
  }

  private String answer(String command) throws IOException {
    final String[] parts = command.split(" ");
    final Map<String, Float> weights = new LinkedHashMap<>();
    for (int i = 6; i < parts.length; ++i) {
      final String[] pair = parts[i].split(":");
      weights.put(pair[0], Float.parseFloat(pair[1]));
    }
    searcher.setSimilarity(new BM25Similarity(Float.parseFloat(parts[2]), Float.parseFloat(parts[3])));
    final Way way = new Way(parts[0], parts[1], Float.parseFloat(parts[4]), Float.parseFloat(parts[5]), weights);
    final StringBuilder line = new StringBuilder();
    for (int number = 0; number < exactWords.size(); ++number) {
      if (number > 0) {
        line.append('\t');
      }
      String blank = "";
      for (ScoreDoc hit : searcher.search(query(way, number), DEPTH).scoreDocs) {
        line.append(blank).append(hit.doc);
        blank = " ";
      }
    }
    return line.toString();
  }

  public static void main(String[] arguments) throws IOException {
    final LuceneQuality side = new LuceneQuality(Path.of(arguments[0]), Path.of(arguments[1]));
    final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("lucene " + Version.LATEST);
    final BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      out.println(side.answer(line));
    }
  }
}
