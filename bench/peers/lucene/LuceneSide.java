// Lucene in the search benchmark; protocol: ../README.md.
//
// usage: LuceneSide [--bisect] build-text ... | build-shop ... | serve ...
//
// One segment out of one flush (a large buffer), words handed over as bytes, frequencies without positions, nothing stored. Queries are
// TermQuery and BooleanQuery, the best k by TopScoreDocCollectorManager, which counts no hits beyond k and so may skip. Each query has a
// manager of its own: one that is used twice keeps its threshold and returns almost nothing. No query cache, which would answer the
// repeated rounds from memory.
//
// Shop cells: one collector over doc values (SortedDocValues of brand and category, NumericDocValues of price) that drops what a range of
// prices excludes before it is scored, counts, sums and keeps the best 20 in one pass. IntField's range query as a FILTER clause took 1.4 times
// as long. A category is a FILTER clause by its inverted list.
//
// With --bisect the documents are reordered by BPIndexReorderer before they are written. So that answers can name lines of the corpus, such
// an index keeps them as one more column, which `bytes` leaves out.

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;

public final class LuceneSide {
  static final BM25Similarity BM25 = new BM25Similarity(1.2f, 0.75f);
  private static final int FACET_VALUES = 10;

  /** Ends the program, or a command, with a message. */
  private static final class Refused extends RuntimeException {
    Refused(String message) {
      super(message);
    }
  }

  private enum Cell {
    OR_10("or-10", false, false, 10),
    OR_100("or-100", false, false, 100),
    AND_10("and-10", true, false, 10),
    AND_100("and-100", true, false, 100),
    SHOP_OR("shop-or", false, true, 20),
    SHOP_AND("shop-and", true, true, 20);

    final String label;
    final boolean allWords;
    final boolean shop;
    final int k;

    Cell(String label, boolean allWords, boolean shop, int k) {
      this.label = label;
      this.allWords = allWords;
      this.shop = shop;
      this.k = k;
    }
  }

  /** The best `size` of positive numbers, largest first when read by sorted(). */
  private static final class Largest {
    private final long[] kept; // ascending in [0, count)
    private int count;

    Largest(int size) {
      kept = new long[size];
    }

    void clear() {
      count = 0;
    }

    void offer(long value) {
      int place;
      if (count < kept.length) {
        place = count++;
        while (place > 0 && kept[place - 1] > value) {
          kept[place] = kept[place - 1];
          --place;
        }
      } else {
        if (value <= kept[0]) {
          return;
        }
        place = 0;
        while (place + 1 < count && kept[place + 1] < value) {
          kept[place] = kept[place + 1];
          ++place;
        }
      }
      kept[place] = value;
    }

    /** The i-th largest. */
    long at(int i) {
      return kept[count - 1 - i];
    }
  }

  private static final class Answer {
    final int[] documents = new int[100];
    final float[] scores = new float[100];
    int results;
    long total;
    long smallest;
    long largest;
    long sum;
    final String[][] names = new String[2][FACET_VALUES]; // brands, categories
    final int[][] counts = new int[2][FACET_VALUES];
    final int[] values = new int[2];

    void clear() {
      results = 0;
      total = 0;
      smallest = 0;
      largest = 0;
      sum = 0;
      values[0] = 0;
      values[1] = 0;
    }
  }

  /** Counts of a facet's values, emptied by what was touched. */
  private static final class Facet {
    final String[] names;
    private final int[] counts;
    private final int[] touched;
    private int used;
    private final Largest best = new Largest(FACET_VALUES);

    Facet(LeafReader reader, String field) throws IOException {
      final SortedDocValues column = DocValues.getSorted(reader, field);
      names = new String[column.getValueCount()];
      for (int ordinal = 0; ordinal < names.length; ++ordinal) {
        names[ordinal] = column.lookupOrd(ordinal).utf8ToString();
      }
      counts = new int[names.length];
      touched = new int[names.length];
    }

    void count(int ordinal) {
      if (counts[ordinal]++ == 0) {
        touched[used++] = ordinal;
      }
    }

    /** Ordinals follow the bytes of the names, so that of equal counts the smaller ordinal comes first. */
    void finish(Answer answer, int facet) {
      best.clear();
      for (int i = 0; i < used; ++i) {
        best.offer(((long) counts[touched[i]] << 32) | (Integer.MAX_VALUE - touched[i]));
        counts[touched[i]] = 0;
      }
      used = 0;
      answer.values[facet] = best.count;
      for (int i = 0; i < best.count; ++i) {
        answer.counts[facet][i] = (int) (best.at(i) >>> 32);
        answer.names[facet][i] = names[Integer.MAX_VALUE - (int) best.at(i)];
      }
    }
  }

  private static final class ShopCollector implements Collector, LeafCollector {
    private final Facet brands;
    private final Facet categories;
    private final Largest best = new Largest(Cell.SHOP_OR.k);
    private SortedDocValues brand;
    private SortedDocValues category;
    private NumericDocValues price;
    private Scorable scorer;
    private long lowestWanted;
    private long highestWanted;
    private long total;
    private long smallest;
    private long largest;
    private long sum;

    ShopCollector(LeafReader reader) throws IOException {
      brands = new Facet(reader, "brand");
      categories = new Facet(reader, "category");
    }

    @Override
    public LeafCollector getLeafCollector(LeafReaderContext context) throws IOException {
      brand = DocValues.getSorted(context.reader(), "brand");
      category = DocValues.getSorted(context.reader(), "category");
      price = DocValues.getNumeric(context.reader(), "price");
      return this;
    }

    @Override
    public ScoreMode scoreMode() {
      return ScoreMode.COMPLETE;
    }

    @Override
    public void setScorer(Scorable scorer) {
      this.scorer = scorer;
    }

    @Override
    public void collect(int document) throws IOException {
      price.advanceExact(document);
      final long cents = price.longValue();
      if (cents < lowestWanted || cents > highestWanted) {
        return;
      }
      // Scores are positive, so that their bits order as they do; of equal scores the smaller document wins.
      best.offer(((long) Float.floatToRawIntBits(scorer.score()) << 32) | (Integer.MAX_VALUE - document));
      brand.advanceExact(document);
      brands.count(brand.ordValue());
      category.advanceExact(document);
      categories.count(category.ordValue());
      smallest = Math.min(smallest, cents);
      largest = Math.max(largest, cents);
      sum += cents;
      ++total;
    }

    /** Of the matches those count whose prices lie between these, both included. */
    void begin(long lowest, long highest) {
      lowestWanted = lowest;
      highestWanted = highest;
      best.clear();
      total = 0;
      smallest = Long.MAX_VALUE;
      largest = 0;
      sum = 0;
    }

    void finish(Answer answer) {
      answer.total = total;
      answer.smallest = total == 0 ? 0 : smallest;
      answer.largest = largest;
      answer.sum = sum;
      brands.finish(answer, 0);
      categories.finish(answer, 1);
      answer.results = best.count;
      for (int i = 0; i < best.count; ++i) {
        answer.documents[i] = Integer.MAX_VALUE - (int) best.at(i);
        answer.scores[i] = Float.intBitsToFloat((int) (best.at(i) >>> 32));
      }
    }
  }

  /** An open index. */
  private static final class Searched {
    final DirectoryReader reader;
    final LeafReader leaf;
    final IndexSearcher searcher;
    final int[] lines; // of the documents; null where they are the documents

    Searched(Path index, boolean bisected) throws IOException {
      reader = DirectoryReader.open(new MMapDirectory(index));
      if (reader.leaves().size() != 1) {
        throw new Refused(index + " has " + reader.leaves().size() + " segments");
      }
      leaf = reader.leaves().get(0).reader();
      searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null);
      searcher.setSimilarity(BM25);
      lines = bisected ? new int[leaf.maxDoc()] : null;
      if (bisected) {
        final NumericDocValues column = DocValues.getNumeric(leaf, "line");
        for (int document = 0; document < lines.length; ++document) {
          column.advanceExact(document);
          lines[document] = (int) column.longValue();
        }
      }
    }

    int line(int document) {
      return lines == null ? document : lines[document];
    }
  }

  private static List<String> words(String text) {
    final List<String> words = new ArrayList<>();
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf(' ', start);
      end = end < 0 ? text.length() : end;
      words.add(text.substring(start, end));
      start = end + 1;
    }
    return words;
  }

  private static BooleanQuery.Builder clauses(List<String> words, Occur occur) {
    final BooleanQuery.Builder builder = new BooleanQuery.Builder();
    for (String word : words) {
      builder.add(new TermQuery(new Term("text", word)), occur);
    }
    return builder;
  }

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final PrintStream out = System.out;
  private final Searched text;
  private final Searched shop;
  private final ShopCollector collector;
  private final String[] queries;
  private final String[] shopQueries;
  private final Answer answer = new Answer();
  private final String engine;
  private long checksum;
  private long results;

  private LuceneSide(boolean bisected, String[] paths) throws IOException {
    engine = bisected ? "lucene-bp" : "lucene";
    queries = Files.readAllLines(Path.of(paths[1])).toArray(new String[0]);
    text = new Searched(Path.of(paths[2]), bisected);
    shopQueries = paths.length > 3 ? Files.readAllLines(Path.of(paths[3])).toArray(new String[0]) : null;
    shop = paths.length > 3 ? new Searched(Path.of(paths[4]), bisected) : null;
    collector = shop == null ? null : new ShopCollector(shop.leaf);
  }

  private void answerText(Cell cell, String line) throws IOException {
    final List<String> words = words(line);
    final Query query =
        words.size() == 1 ? new TermQuery(new Term("text", words.get(0))) : clauses(words, cell.allWords ? Occur.MUST : Occur.SHOULD).build();
    final ScoreDoc[] hits = text.searcher.search(query, new TopScoreDocCollectorManager(cell.k, cell.k)).scoreDocs;
    answer.results = hits.length;
    for (int i = 0; i < hits.length; ++i) {
      answer.documents[i] = hits[i].doc;
      answer.scores[i] = hits[i].score;
    }
  }

  private void answerShop(Cell cell, String line) throws IOException {
    final String[] cells = line.split("\t");
    final List<String> words = words(cells[0]);
    BooleanQuery.Builder query = clauses(words, cell.allWords || words.size() == 1 ? Occur.MUST : Occur.SHOULD);
    if (cells[1].equals("category")) {
      if (!cell.allWords && words.size() > 1) {
        query = new BooleanQuery.Builder().add(query.build(), Occur.MUST);
      }
      query.add(new TermQuery(new Term("category", cells[2])), Occur.FILTER);
      collector.begin(0, Long.MAX_VALUE);
    } else if (cells[1].equals("price")) {
      collector.begin(Long.parseLong(cells[2]), Long.parseLong(cells[3]));
    } else {
      throw new Refused("unknown filter: " + cells[1]);
    }
    shop.searcher.search(query.build(), collector);
    collector.finish(answer);
  }

  private void answer(Cell cell, String line) throws IOException {
    answer.clear();
    if (cell.shop) {
      answerShop(cell, line);
    } else {
      answerText(cell, line);
    }
    results += answer.results;
    for (int i = 0; i < answer.results; ++i) {
      checksum = checksum * 31 + answer.documents[i];
    }
    if (cell.shop) {
      checksum = checksum * 31 + answer.total + answer.sum + answer.smallest + answer.largest;
      for (int facet = 0; facet < 2; ++facet) {
        for (int i = 0; i < answer.values[facet]; ++i) {
          checksum = checksum * 31 + answer.counts[facet][i];
        }
      }
    }
  }

  private boolean offers(Cell cell) {
    return !cell.shop || shop != null;
  }

  private Cell cell(String label) {
    return Arrays.stream(Cell.values()).filter(c -> c.label.equals(label) && offers(c)).findFirst()
        .orElseThrow(() -> new Refused("no such cell: " + label));
  }

  private String[] linesOf(Cell cell, int most) {
    final String[] lines = cell.shop ? shopQueries : queries;
    checksum = 0;
    results = 0;
    return most < lines.length ? Arrays.copyOf(lines, most) : lines;
  }

  private String reply(int count, long nanoseconds) {
    return String.format(Locale.ROOT, "{\"queries\": %d, \"cpu\": %.9f, \"results\": %d, \"checksum\": \"%016x\"}", count, nanoseconds * 1e-9,
        results, checksum);
  }

  private String run(Cell cell, int most) throws IOException {
    final String[] lines = linesOf(cell, most);
    final long start = threads.getCurrentThreadCpuTime();
    for (String line : lines) {
      answer(cell, line);
    }
    return reply(lines.length, threads.getCurrentThreadCpuTime() - start);
  }

  private String times(Cell cell, int most, Path path) throws IOException {
    final String[] lines = linesOf(cell, most);
    final long[] clock = new long[lines.length + 1];
    clock[0] = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < lines.length; ++i) {
      answer(cell, lines[i]);
      clock[i + 1] = threads.getCurrentThreadCpuTime();
    }
    try (BufferedWriter file = Files.newBufferedWriter(path)) {
      for (int i = 0; i < lines.length; ++i) {
        file.write(clock[i + 1] - clock[i] + "\n");
      }
    }
    return reply(lines.length, clock[lines.length] - clock[0]);
  }

  private void writeAnswer(BufferedWriter file, Cell cell) throws IOException {
    final Searched index = cell.shop ? shop : text;
    file.write((cell.shop ? answer.total : answer.results) + "\t");
    for (int i = 0; i < answer.results; ++i) {
      file.write((i == 0 ? "" : " ") + index.line(answer.documents[i]) + ":" + answer.scores[i]);
    }
    if (cell.shop) {
      file.write("\t" + (answer.total == 0 ? "" : answer.smallest + " " + answer.largest + " " + answer.sum));
      for (int facet = 0; facet < 2; ++facet) {
        for (int i = 0; i < answer.values[facet]; ++i) {
          file.write("\t" + (facet == 0 ? "b " : "c ") + answer.counts[facet][i] + " " + answer.names[facet][i]);
        }
      }
    }
    file.write("\n");
  }

  private String answers(Cell cell, int most, Path path) throws IOException {
    final String[] lines = linesOf(cell, most);
    try (BufferedWriter file = Files.newBufferedWriter(path)) {
      for (String line : lines) {
        answer(cell, line);
        writeAnswer(file, cell);
      }
    }
    return reply(lines.length, 0);
  }

  private String warm(double seconds) throws IOException {
    final long end = System.nanoTime() + (long) (seconds * 1e9);
    long count = 0;
    do {
      for (Cell cell : Cell.values()) {
        if (offers(cell)) {
          run(cell, Integer.MAX_VALUE);
          count += cell.shop ? shopQueries.length : queries.length;
        }
      }
    } while (System.nanoTime() < end);
    return "{\"queries\": " + count + "}";
  }

  private String carryOut(String command) throws IOException {
    final String[] part = command.split(" ");
    return switch (part[0] + "/" + part.length) {
      case "warm/2" -> warm(Double.parseDouble(part[1]));
      case "run/3" -> run(cell(part[1]), Integer.parseInt(part[2]));
      case "times/4" -> times(cell(part[1]), Integer.parseInt(part[2]), Path.of(part[3]));
      case "answers/4" -> answers(cell(part[1]), Integer.parseInt(part[2]), Path.of(part[3]));
      default -> throw new Refused("unknown command: " + command);
    };
  }

  private void serve() throws IOException {
    final String cells = String.join(", ", Arrays.stream(Cell.values()).filter(this::offers).map(c -> "\"" + c.label + "\"").toList());
    out.printf(Locale.ROOT, "{\"engine\": \"%s\", \"version\": \"%s\", \"documents\": %d, \"cells\": [%s]}%n", engine, Version.LATEST,
        text.leaf.maxDoc(), cells);
    out.flush();
    final BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null && !line.equals("quit"); line = commands.readLine()) {
      String reply;
      try {
        reply = carryOut(line);
      } catch (IOException | RuntimeException problem) {
        reply = "{\"error\": \"" + problem.toString().replace('"', '\'').replace('\\', '/').replace('\n', ' ') + "\"}";
      }
      out.println(reply);
      out.flush();
    }
  }

  public static void main(String[] arguments) throws IOException {
    final boolean bisect = arguments.length > 0 && arguments[0].equals("--bisect");
    final String[] given = bisect ? Arrays.copyOfRange(arguments, 1, arguments.length) : arguments;
    final String verb = given.length == 0 ? "" : given[0];
    if (verb.equals("build-text") && given.length == 3) {
      LuceneIndexer.build(Path.of(given[1]), null, Path.of(given[2]), bisect);
    } else if (verb.equals("build-shop") && given.length == 4) {
      LuceneIndexer.build(Path.of(given[1]), Path.of(given[2]), Path.of(given[3]), bisect);
    } else if (verb.equals("serve") && (given.length == 3 || given.length == 5)) {
      new LuceneSide(bisect, given).serve();
    } else {
      System.err.println("usage: LuceneSide [--bisect] build-text CORPUS INDEX | build-shop CORPUS COLUMNS INDEX | serve QUERIES INDEX"
          + " [SHOP_QUERIES SHOP_INDEX]");
      System.exit(2);
    }
  }
}
