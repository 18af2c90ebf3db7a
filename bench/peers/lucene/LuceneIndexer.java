// Builds Lucene's indexes for the search benchmark; what they hold and why stands at the top of LuceneSide.java.

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.SlowCodecReaderWrapper;
import org.apache.lucene.misc.index.BPIndexReorderer;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.BytesRef;

final class LuceneIndexer {
  private LuceneIndexer() {}

  /** The words of a line, as bytes of the line itself. */
  private static final class Words extends TokenStream {
    private final BytesTermAttribute term = addAttribute(BytesTermAttribute.class);
    private final BytesRef word = new BytesRef();
    private int next;

    void setLine(byte[] line) {
      word.bytes = line;
    }

    @Override
    public void reset() {
      next = 0;
    }

    @Override
    public boolean incrementToken() {
      final byte[] line = word.bytes;
      if (next >= line.length) {
        return false;
      }
      int end = next;
      while (end < line.length && line[end] != ' ') {
        ++end;
      }
      word.offset = next;
      word.length = end - next;
      next = end + 1;
      term.setBytesRef(word);
      return true;
    }

    /** Leaves the increment of positions at 1, which the inherited method would make 0 for the text that comes next. */
    @Override
    public void end() {}
  }

  private static IndexWriterConfig writerConfig() {
    return new IndexWriterConfig()
        .setSimilarity(LuceneSide.BM25)
        .setRAMBufferSizeMB(1900)
        .setMergeScheduler(new SerialMergeScheduler())
        .setUseCompoundFile(false)
        .setOpenMode(IndexWriterConfig.OpenMode.CREATE);
  }

  private static final class Row {
    final Document document = new Document();
    private final Words words = new Words();
    private final StringField category;
    private final SortedDocValuesField brandColumn;
    private final SortedDocValuesField categoryColumn;
    private final NumericDocValuesField price;
    private final NumericDocValuesField line;

    Row(boolean columns, boolean bisect) {
      final FieldType text = new FieldType();
      text.setTokenized(true);
      text.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
      text.freeze();
      document.add(new Field("text", words, text));
      category = columns ? new StringField("category", "", Field.Store.NO) : null;
      brandColumn = columns ? new SortedDocValuesField("brand", new BytesRef()) : null;
      categoryColumn = columns ? new SortedDocValuesField("category", new BytesRef()) : null;
      price = columns ? new NumericDocValuesField("price", 0) : null;
      line = bisect ? new NumericDocValuesField("line", 0) : null;
      for (Field field : new Field[] {category, brandColumn, categoryColumn, price, line}) {
        if (field != null) {
          document.add(field);
        }
      }
    }

    void set(String text, String columns, long number) {
      words.setLine(text.getBytes(StandardCharsets.ISO_8859_1));
      if (columns != null) {
        final String[] cells = columns.split("\t");
        brandColumn.setBytesValue(new BytesRef(cells[0]));
        category.setStringValue(cells[1]);
        categoryColumn.setBytesValue(new BytesRef(cells[1]));
        price.setLongValue(Long.parseLong(cells[2]));
      }
      if (line != null) {
        line.setLongValue(number);
      }
    }
  }

  private static long write(Path corpus, Path columns, Path index, boolean bisect) throws IOException {
    long documents = 0;
    try (Directory directory = new MMapDirectory(index);
        IndexWriter writer = new IndexWriter(directory, writerConfig());
        BufferedReader texts = Files.newBufferedReader(corpus);
        BufferedReader rows = columns == null ? null : Files.newBufferedReader(columns)) {
      final Row row = new Row(columns != null, bisect);
      for (String text = texts.readLine(); text != null; text = texts.readLine()) {
        row.set(text, rows == null ? null : rows.readLine(), documents++);
        writer.addDocument(row.document);
      }
      writer.forceMerge(1);
      writer.commit();
    }
    return documents;
  }

  private static void bisect(Path from, Path to, Path scratch) throws IOException {
    final BPIndexReorderer reorderer = new BPIndexReorderer();
    reorderer.setFields(Set.of("text"));
    reorderer.setMinDocFreq(32);
    reorderer.setRAMBudgetMB(1500);
    try (Directory source = new MMapDirectory(from);
        Directory target = new MMapDirectory(to);
        Directory forward = new MMapDirectory(scratch);
        DirectoryReader reader = DirectoryReader.open(source);
        IndexWriter writer = new IndexWriter(target, writerConfig().setMergePolicy(NoMergePolicy.INSTANCE))) {
      final CodecReader ordered = SlowCodecReaderWrapper.wrap(reader.leaves().get(0).reader());
      writer.addIndexes(reorderer.reorder(ordered, forward, null));
      writer.commit();
    }
  }

  private static void removeFolder(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  static void build(Path corpus, Path columns, Path index, boolean bisect) throws IOException {
    final double before = processSeconds();
    final long documents;
    if (bisect) {
      final Path plain = index.resolveSibling(index.getFileName() + ".plain");
      final Path scratch = index.resolveSibling(index.getFileName() + ".forward");
      documents = write(corpus, columns, plain, true);
      bisect(plain, index, scratch);
      removeFolder(plain);
      removeFolder(scratch);
    } else {
      documents = write(corpus, columns, index, false);
    }
    final double used = processSeconds() - before;
    long bytes = 0;
    try (Stream<Path> files = Files.list(index)) {
      for (Path file : files.toList()) {
        final String name = file.toString();
        final boolean numbersOfLines = bisect && columns == null && (name.endsWith(".dvd") || name.endsWith(".dvm"));
        bytes += numbersOfLines ? 0 : Files.size(file);
      }
    }
    System.out.printf(Locale.ROOT, "{\"cpu\": %.3f, \"bytes\": %d, \"documents\": %d}%n", used, bytes, documents);
  }

  /** User and system seconds of this process, to a hundredth: the 14th and 15th field of its line in /proc. */
  private static double processSeconds() throws IOException {
    final String line = Files.readString(Path.of("/proc/self/stat"));
    final String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
  }
}
