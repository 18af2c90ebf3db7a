//! Tantivy in the search benchmark; protocol: ../../README.md.
//!
//! One indexing thread with a buffer that holds everything, so that one commit leaves one segment in the order of the corpus. The text has
//! frequencies and field norms, no positions, and is not stored. Queries are TermQuery and BooleanQuery, the best k by TopDocs, which
//! prunes by blocks.
//!
//! Shop cells: the query's weight hands over every match with its score; one closure gathers them in blocks, reads the fast field of the
//! price a block at a time, drops what a range of prices excludes (as the library's FilterCollector does), keeps the best 20 of the rest and
//! reads their brands and categories: one virtual call a block and column, as the library's aggregations have it. A RangeQuery as a clause
//! took twice as long for any word and three times for all. A category is a clause of score 0 by its inverted list.

use std::fs;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tantivy::collector::TopDocs;
use tantivy::columnar::{Cardinality, ColumnValues, StrColumn};
use tantivy::merge_policy::NoMergePolicy;
use tantivy::query::{BooleanQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions, FAST, STRING};
use tantivy::{Index, Searcher, TantivyDocument, Term};

type Failure = Box<dyn std::error::Error>;

const FACET_VALUES: usize = 10;
const BLOCK: usize = 64;

#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    all_words: bool,
    shop: bool,
    k: usize,
}

const CELLS: [Cell; 6] = [
    Cell { name: "or-10", all_words: false, shop: false, k: 10 },
    Cell { name: "or-100", all_words: false, shop: false, k: 100 },
    Cell { name: "and-10", all_words: true, shop: false, k: 10 },
    Cell { name: "and-100", all_words: true, shop: false, k: 100 },
    Cell { name: "shop-or", all_words: false, shop: true, k: 20 },
    Cell { name: "shop-and", all_words: true, shop: true, k: 20 },
];

// ---- building

struct Fields {
    text: Field,
    columns: Option<(Field, Field, Field)>, // brand, category, price
}

fn schema(columns: bool) -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqs);
    let text = builder.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
    let columns = columns.then(|| {
        let brand = builder.add_text_field("brand", FAST);
        let category = builder.add_text_field("category", STRING | FAST);
        (brand, category, builder.add_u64_field("price", FAST))
    });
    (builder.build(), Fields { text, columns })
}

fn process_seconds() -> f64 {
    // SAFETY: getrusage fills the structure it is given.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn build(corpus: &str, columns: Option<&str>, folder: &str) -> Result<(), Failure> {
    let before = process_seconds();
    fs::create_dir_all(folder)?;
    let (schema, fields) = schema(columns.is_some());
    let index = Index::create_in_dir(folder, schema)?;
    let mut writer = index.writer_with_num_threads(1, 2_000_000_000)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    let mut rows = columns.map(|path| fs::File::open(path).map(|file| io::BufReader::new(file).lines())).transpose()?;
    let mut documents = 0u64;
    for line in io::BufReader::new(fs::File::open(corpus)?).lines() {
        let mut document = TantivyDocument::default();
        document.add_text(fields.text, line?);
        if let (Some(rows), Some((brand, category, price))) = (rows.as_mut(), fields.columns) {
            let row = rows.next().ok_or("the columns end before the texts")??;
            let mut cells = row.split('\t');
            document.add_text(brand, cells.next().ok_or("no brand")?);
            document.add_text(category, cells.next().ok_or("no category")?);
            document.add_u64(price, cells.next().ok_or("no price")?.parse()?);
        }
        writer.add_document(document)?;
        documents += 1;
    }
    writer.commit()?;
    let segments = index.searchable_segment_ids()?;
    if segments.len() > 1 {
        writer.merge(&segments).wait()?;
        writer.garbage_collect_files().wait()?;
    }
    writer.wait_merging_threads()?;
    let used = process_seconds() - before;
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        bytes += if name.to_string_lossy().ends_with(".lock") { 0 } else { file.metadata()?.len() };
    }
    println!("{{\"cpu\": {used:.6}, \"bytes\": {bytes}, \"documents\": {documents}}}");
    Ok(())
}

// ---- answering

#[derive(Default)]
struct Answer {
    hits: Vec<(u32, f32)>,
    total: u64,
    smallest: u64,
    largest: u64,
    sum: u64,
    facets: [Vec<(u32, u32)>; 2], // (count, ordinal) of brands and of categories
}

/// The best `size` numbers, kept ascending.
struct Largest {
    kept: Vec<u64>,
    size: usize,
}

impl Largest {
    fn new(size: usize) -> Self {
        Largest { kept: Vec::with_capacity(size), size }
    }

    #[inline]
    fn offer(&mut self, value: u64) {
        if self.kept.len() == self.size {
            if value <= self.kept[0] {
                return;
            }
            let mut place = 0;
            while place + 1 < self.size && self.kept[place + 1] < value {
                self.kept[place] = self.kept[place + 1];
                place += 1;
            }
            self.kept[place] = value;
        } else {
            let place = self.kept.partition_point(|&kept| kept < value);
            self.kept.insert(place, value);
        }
    }
}

/// Counts of a facet's values, emptied by what was touched.
struct Facet {
    column: StrColumn,
    names: Vec<String>,
    counts: Vec<u32>,
    touched: Vec<u32>,
    best: Largest,
}

impl Facet {
    fn open(column: StrColumn) -> Result<Self, Failure> {
        if column.ords().get_cardinality() != Cardinality::Full {
            return Err("a column has gaps".into());
        }
        let mut names = Vec::with_capacity(column.num_terms());
        let mut stream = column.dictionary().stream()?;
        while stream.advance() {
            names.push(String::from_utf8(stream.key().to_vec())?);
        }
        let counts = vec![0; names.len()];
        Ok(Facet { column, names, counts, touched: Vec::new(), best: Largest::new(FACET_VALUES) })
    }

    #[inline]
    fn count(&mut self, ordinals: &[u64]) {
        for &ordinal in ordinals {
            let count = &mut self.counts[ordinal as usize];
            if *count == 0 {
                self.touched.push(ordinal as u32);
            }
            *count += 1;
        }
    }

    /// Ordinals follow the bytes of the names, so that of equal counts the smaller ordinal comes first.
    fn finish(&mut self, into: &mut Vec<(u32, u32)>) {
        self.best.kept.clear();
        for &ordinal in &self.touched {
            let count = std::mem::take(&mut self.counts[ordinal as usize]);
            self.best.offer(u64::from(count) << 32 | u64::from(!ordinal));
        }
        self.touched.clear();
        into.extend(self.best.kept.iter().rev().map(|&kept| ((kept >> 32) as u32, !(kept as u32))));
    }
}

struct Shop {
    searcher: Searcher,
    fields: Fields,
    brands: Facet,
    categories: Facet,
    prices: std::sync::Arc<dyn ColumnValues<u64>>,
    best: Largest,
}

fn open(folder: &str, columns: bool) -> Result<(Searcher, Fields), Failure> {
    let index = Index::open_in_dir(Path::new(folder))?;
    let searcher = index.reader()?.searcher();
    if searcher.segment_readers().len() != 1 {
        return Err(format!("{folder} has {} segments", searcher.segment_readers().len()).into());
    }
    Ok((searcher, schema(columns).1))
}

fn clauses(field: Field, words: &str) -> Vec<Box<dyn Query>> {
    let one = |word| Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs)) as Box<dyn Query>;
    words.split(' ').map(one).collect()
}

impl Shop {
    fn open(folder: &str) -> Result<Self, Failure> {
        let (searcher, fields) = open(folder, true)?;
        let columns = searcher.segment_reader(0).fast_fields();
        let brands = Facet::open(columns.str("brand")?.ok_or("no brands")?)?;
        let categories = Facet::open(columns.str("category")?.ok_or("no categories")?)?;
        let prices = columns.u64("price")?;
        if prices.get_cardinality() != Cardinality::Full {
            return Err("the prices have gaps".into());
        }
        Ok(Shop { prices: prices.values, best: Largest::new(20), searcher, fields, brands, categories })
    }

    /// The query, and the prices that its matches have to lie between: all of them unless the filter is a range.
    fn query(&self, cell: Cell, line: &str) -> Result<(Box<dyn Query>, u64, u64), Failure> {
        let (_, category, _) = self.fields.columns.ok_or("no columns")?;
        let mut cells = line.split('\t');
        let words = clauses(self.fields.text, cells.next().unwrap_or(""));
        let occur = if cell.all_words || words.len() == 1 { Occur::Must } else { Occur::Should };
        let words: Vec<(Occur, Box<dyn Query>)> = words.into_iter().map(|word| (occur, word)).collect();
        let number = |cell: Option<&str>| -> Result<u64, Failure> { Ok(cell.ok_or("no price")?.parse()?) };
        match cells.next() {
            Some("category") => {
                let name = Term::from_field_text(category, cells.next().ok_or("no name")?);
                let filter = ConstScoreQuery::new(Box::new(TermQuery::new(name, IndexRecordOption::Basic)), 0.0);
                let mut all =
                    if occur == Occur::Must { words } else { vec![(Occur::Must, Box::new(BooleanQuery::new(words)) as Box<dyn Query>)] };
                all.push((Occur::Must, Box::new(filter)));
                Ok((Box::new(BooleanQuery::new(all)), 0, u64::MAX))
            }
            Some("price") => Ok((Box::new(BooleanQuery::new(words)), number(cells.next())?, number(cells.next())?)),
            _ => Err(format!("unknown filter: {line}").into()),
        }
    }

    fn answer(&mut self, cell: Cell, line: &str, answer: &mut Answer) -> Result<(), Failure> {
        let (query, lowest, highest) = self.query(cell, line)?;
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?;
        let Shop { searcher, brands, categories, prices, best, .. } = self;
        best.kept.clear();
        let (mut smallest, mut largest, mut sum, mut total) = (u64::MAX, 0, 0, 0);
        let (mut documents, mut scores, mut cents) = ([0u32; BLOCK], [0f32; BLOCK], [0u64; BLOCK]);
        let mut values = [0u64; BLOCK];
        let mut filled = 0;
        let mut read = |documents: &mut [u32], scores: &mut [f32]| {
            prices.get_vals(documents, &mut cents[..documents.len()]);
            let mut kept = 0;
            for i in 0..documents.len() {
                let price = cents[i];
                if price < lowest || price > highest {
                    continue;
                }
                documents[kept] = documents[i];
                smallest = smallest.min(price);
                largest = largest.max(price);
                sum += price;
                // Scores are positive, so that their bits order as they do; of equal scores the smaller document wins.
                best.offer(u64::from(scores[i].to_bits()) << 32 | u64::from(!documents[i]));
                kept += 1;
            }
            total += kept as u64;
            let (documents, values) = (&documents[..kept], &mut values[..kept]);
            brands.column.ords().values.get_vals(documents, values);
            brands.count(values);
            categories.column.ords().values.get_vals(documents, values);
            categories.count(values);
        };
        weight.for_each(searcher.segment_reader(0), &mut |document, score| {
            documents[filled] = document;
            scores[filled] = score;
            filled += 1;
            if filled == BLOCK {
                read(&mut documents, &mut scores);
                filled = 0;
            }
        })?;
        read(&mut documents[..filled], &mut scores[..filled]);
        answer.total = total;
        if total > 0 {
            (answer.smallest, answer.largest, answer.sum) = (smallest, largest, sum);
        }
        brands.finish(&mut answer.facets[0]);
        categories.finish(&mut answer.facets[1]);
        answer.hits.extend(best.kept.iter().rev().map(|&kept| (!(kept as u32), f32::from_bits((kept >> 32) as u32))));
        Ok(())
    }
}

struct Side {
    searcher: Searcher,
    text: Field,
    shop: Option<Shop>,
    queries: Vec<String>,
    shop_queries: Vec<String>,
    answer: Answer,
}

#[derive(Default)]
struct Pass {
    queries: usize,
    results: u64,
    checksum: u64,
    nanoseconds: i64,
}

impl Pass {
    fn add(&mut self, value: u64) {
        self.checksum = self.checksum.wrapping_mul(31).wrapping_add(value);
    }

    fn json(&self) -> String {
        format!(
            "{{\"queries\": {}, \"cpu\": {:.9}, \"results\": {}, \"checksum\": \"{:016x}\"}}",
            self.queries,
            self.nanoseconds as f64 * 1e-9,
            self.results,
            self.checksum
        )
    }
}

fn thread_nanoseconds() -> i64 {
    // SAFETY: clock_gettime fills the structure it is given.
    let now = unsafe {
        let mut now: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now);
        now
    };
    now.tv_sec as i64 * 1_000_000_000 + now.tv_nsec as i64
}

fn read_lines(path: &str) -> Result<Vec<String>, Failure> {
    Ok(fs::read_to_string(path)?.lines().map(str::to_owned).collect())
}

impl Side {
    fn open(paths: &[String]) -> Result<Self, Failure> {
        let (searcher, fields) = open(&paths[1], false)?;
        let shop = paths.get(3).map(|folder| Shop::open(folder)).transpose()?;
        let shop_queries = paths.get(2).map(|path| read_lines(path)).transpose()?.unwrap_or_default();
        Ok(Side { searcher, text: fields.text, shop, queries: read_lines(&paths[0])?, shop_queries, answer: Answer::default() })
    }

    fn answer_text(&mut self, cell: Cell, number: usize) -> Result<(), Failure> {
        let mut words = clauses(self.text, &self.queries[number]);
        let query: Box<dyn Query> = match words.len() {
            1 => words.remove(0),
            _ if cell.all_words => Box::new(BooleanQuery::intersection(words)),
            _ => Box::new(BooleanQuery::union(words)),
        };
        let best = self.searcher.search(&query, &TopDocs::with_limit(cell.k).order_by_score())?;
        self.answer.hits.extend(best.into_iter().map(|(score, address)| (address.doc_id, score)));
        Ok(())
    }

    fn answer(&mut self, cell: Cell, number: usize, pass: &mut Pass) -> Result<(), Failure> {
        self.answer.hits.clear();
        if cell.shop {
            self.answer.facets.iter_mut().for_each(Vec::clear);
            (self.answer.smallest, self.answer.largest, self.answer.sum) = (0, 0, 0);
            let shop = self.shop.as_mut().ok_or("no shop cells")?;
            shop.answer(cell, &self.shop_queries[number], &mut self.answer)?;
        } else {
            self.answer_text(cell, number)?;
        }
        pass.queries += 1;
        pass.results += self.answer.hits.len() as u64;
        self.answer.hits.iter().for_each(|&(document, _)| pass.add(u64::from(document)));
        if cell.shop {
            let answer = &self.answer;
            pass.add(answer.total + answer.sum + answer.smallest + answer.largest);
            answer.facets.iter().flatten().for_each(|&(count, _)| pass.add(u64::from(count)));
        }
        Ok(())
    }

    fn count(&self, cell: Cell, most: usize) -> usize {
        most.min(if cell.shop { self.shop_queries.len() } else { self.queries.len() })
    }

    fn run(&mut self, cell: Cell, most: usize) -> Result<Pass, Failure> {
        let mut pass = Pass::default();
        let start = thread_nanoseconds();
        for number in 0..self.count(cell, most) {
            self.answer(cell, number, &mut pass)?;
        }
        pass.nanoseconds = thread_nanoseconds() - start;
        Ok(pass)
    }

    fn times(&mut self, cell: Cell, most: usize, path: &str) -> Result<Pass, Failure> {
        let mut pass = Pass::default();
        let count = self.count(cell, most);
        let mut clock = Vec::with_capacity(count + 1);
        clock.push(thread_nanoseconds());
        for number in 0..count {
            self.answer(cell, number, &mut pass)?;
            clock.push(thread_nanoseconds());
        }
        pass.nanoseconds = clock[count] - clock[0];
        let mut file = BufWriter::new(fs::File::create(path)?);
        for pair in clock.windows(2) {
            writeln!(file, "{}", pair[1] - pair[0])?;
        }
        file.flush()?;
        Ok(pass)
    }

    fn answers(&mut self, cell: Cell, most: usize, path: &str) -> Result<Pass, Failure> {
        let mut pass = Pass::default();
        let mut file = BufWriter::new(fs::File::create(path)?);
        for number in 0..self.count(cell, most) {
            self.answer(cell, number, &mut pass)?;
            let answer = &self.answer;
            let hits: Vec<String> = answer.hits.iter().map(|(document, score)| format!("{document}:{score}")).collect();
            write!(file, "{}\t{}", if cell.shop { answer.total } else { hits.len() as u64 }, hits.join(" "))?;
            if let (true, Some(shop)) = (cell.shop, &self.shop) {
                let prices = format!("{} {} {}", answer.smallest, answer.largest, answer.sum);
                write!(file, "\t{}", if answer.total > 0 { prices.as_str() } else { "" })?;
                for (letter, facet, values) in [("b", &shop.brands, &answer.facets[0]), ("c", &shop.categories, &answer.facets[1])] {
                    for &(count, ordinal) in values {
                        write!(file, "\t{letter} {count} {}", facet.names[ordinal as usize])?;
                    }
                }
            }
            writeln!(file)?;
        }
        file.flush()?;
        Ok(pass)
    }

    fn offered(&self) -> Vec<Cell> {
        CELLS.into_iter().filter(|cell| !cell.shop || self.shop.is_some()).collect()
    }

    fn cell(&self, name: &str) -> Result<Cell, Failure> {
        self.offered().into_iter().find(|cell| cell.name == name).ok_or_else(|| format!("no such cell: {name}").into())
    }

    fn warm(&mut self, seconds: f64) -> Result<String, Failure> {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        let mut queries = 0;
        loop {
            for cell in self.offered() {
                queries += self.run(cell, usize::MAX)?.queries;
            }
            if Instant::now() >= end {
                return Ok(format!("{{\"queries\": {queries}}}"));
            }
        }
    }

    fn carry_out(&mut self, command: &str) -> Result<String, Failure> {
        let part: Vec<&str> = command.split(' ').collect();
        match part[..] {
            ["warm", seconds] => self.warm(seconds.parse()?),
            ["run", cell, most] => Ok(self.run(self.cell(cell)?, most.parse()?)?.json()),
            ["times", cell, most, path] => Ok(self.times(self.cell(cell)?, most.parse()?, path)?.json()),
            ["answers", cell, most, path] => Ok(self.answers(self.cell(cell)?, most.parse()?, path)?.json()),
            _ => Err(format!("unknown command: {command}").into()),
        }
    }

    fn serve(&mut self) -> Result<(), Failure> {
        let cells: Vec<String> = self.offered().iter().map(|cell| format!("\"{}\"", cell.name)).collect();
        // "tantivy v0.27.0, index_format v7"
        let version = tantivy::version_string().split(',').next().unwrap_or("").trim_start_matches("tantivy v");
        println!(
            "{{\"engine\": \"tantivy\", \"version\": \"{version}\", \"documents\": {}, \"cells\": [{}]}}",
            self.searcher.num_docs(),
            cells.join(", ")
        );
        for line in io::stdin().lock().lines() {
            let line = line?;
            if line == "quit" {
                break;
            }
            match self.carry_out(&line) {
                Ok(reply) => println!("{reply}"),
                Err(problem) => println!("{{\"error\": \"{}\"}}", problem.to_string().replace(['"', '\\', '\n'], " ")),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match (given.first().map(String::as_str), given.len()) {
        (Some("build-text"), 3) => build(&given[1], None, &given[2]),
        (Some("build-shop"), 4) => build(&given[1], Some(&given[2]), &given[3]),
        (Some("serve"), 3 | 5) => Side::open(&given[1..])?.serve(),
        _ => Err("usage: build-text CORPUS INDEX | build-shop CORPUS COLUMNS INDEX | serve QUERIES INDEX [SHOP_QUERIES SHOP_INDEX]".into()),
    }
}
