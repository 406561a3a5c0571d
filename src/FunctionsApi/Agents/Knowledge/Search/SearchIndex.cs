// The index of one tenant is a SQLite database of its own in a temporary file, which SQLite unlinks as it opens it: whatever ends the
// process, nothing is left. It is never the truth, and is made again from the stored documents.
//
// `texts` has what is indexed, once. `words` is the FTS5 index over words, with English endings taken off (Porter); `grams` is the one
// over every three characters, of the documents alone that have a script without spaces. Both rank by BM25, which reckons with the
// length of a document; what is in a title counts as ten in the text.

using Microsoft.Data.Sqlite;

namespace FunctionsApi.Agents.Knowledge.Search;

/// <summary>The full-text index of one tenant. One thread at a time; after an exception it is to be thrown away.</summary>
internal sealed class SearchIndex : IDisposable
{
    private const string Schema = """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA cache_size = -8192;
        CREATE TABLE documents(row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, spaceless INTEGER NOT NULL);
        CREATE TABLE texts(row INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL);
        CREATE VIRTUAL TABLE words USING fts5(title, text, content='texts', content_rowid='row', tokenize='porter unicode61 remove_diacritics 2');
        CREATE VIRTUAL TABLE grams USING fts5(title, text, content='texts', content_rowid='row', tokenize='trigram');
        CREATE VIRTUAL TABLE gram USING fts5vocab('grams', 'row');
        CREATE VIRTUAL TABLE probe USING fts5(term, tokenize='porter unicode61 remove_diacritics 2');
        """;

    // Of the grams that begin with one or two characters.
    private const int MaxExpansions = 100;

    private const int TitleWeight = 10, SnippetWords = 40, SnippetGrams = 64;

    private readonly SqliteConnection _database = new("Data Source=;Pooling=False");

    public SearchIndex()
    {
        _database.Open();
        Execute(Schema);
    }

    /// <summary>How large it is.</summary>
    public long Bytes => Read("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", row => row.GetInt64(0)).Single();

    /// <summary>The revision in which each document is indexed, by its id.</summary>
    public Dictionary<string, long> Revisions() => Read("SELECT id, revision FROM documents", row => (row.GetString(0), row.GetInt64(1)))
        .ToDictionary(row => row.Item1, row => row.Item2);

    /// <summary>Takes documents in, each in place of the one that had its id, and others out.</summary>
    public void Change(IEnumerable<IndexedDocument> put, IEnumerable<string> removed)
    {
        using var transaction = _database.BeginTransaction();
        foreach (var id in removed)
            Remove(id);
        foreach (var document in put)
        {
            Remove(document.Id);
            Add(document);
        }

        transaction.Commit();
    }

    /// <summary>The documents that have any of the terms, the best matches first, equal ones in the order of their ids.</summary>
    /// <param name="terms">What is looked for.</param>
    /// <param name="skip">How many of them to leave out.</param>
    /// <param name="limit">At most so many.</param>
    public FoundDocuments Find(SearchTerms terms, int skip, int limit)
    {
        var (words, grams) = (WordsExpression(terms), GramsExpression(terms));
        var rows = Rank(words, grams, skip, limit);
        return new(
            rows.Count > 0 ? rows[0].Total : skip == 0 ? 0 : Rank(words, grams, 0, 1).Select(row => row.Total).FirstOrDefault(),
            [.. rows.Select(row => new FoundDocument(row.Id, row.Score, Snippet(row.Row, words, grams).OnOneLine().Mark(terms.Grams)))]);
    }

    /// <summary>The texts of the best matches, and where the terms are in them.</summary>
    /// <param name="terms">Words and then grams: that is the order of their numbers.</param>
    /// <param name="limit">At most so many texts.</param>
    public FoundTexts FindTexts(SearchTerms terms, int limit)
    {
        var (words, grams) = (WordsExpression(terms), GramsExpression(terms));
        var rows = Rank(words, grams, 0, limit);
        var termOf = new TermOfWord(this, terms);
        return new(
            Read("SELECT count(*) FROM documents", row => row.GetInt32(0)).Single(),
            [
                .. terms.Words.Select(word => Count("words", Quoted(word))),
                .. terms.Grams.Select(gram => GramsExpression([gram]) is { } expression ? Count("grams", expression) : 0),
            ],
            [.. rows.Select(row => Text(row, words, terms, termOf))]);
    }

    public void Dispose() => _database.Dispose();

    private FoundText Text((long Row, string Id, double Score, int Total) found, string? words, SearchTerms terms, TermOfWord termOf)
    {
        var (title, text) = (words is null ? null : Read(
            "SELECT highlight(words, 0, char(1), char(2)), highlight(words, 1, char(1), char(2)) FROM words WHERE words MATCH $match AND rowid = $row",
            row => (MarkedText.Parse(row.GetString(0)), MarkedText.Parse(row.GetString(1))),
            ("$match", words), ("$row", found.Row)).Cast<(MarkedText, MarkedText)?>().FirstOrDefault())
            ?? Read("SELECT title, text FROM texts WHERE row = $row", row => (MarkedText.Parse(row.GetString(0)), MarkedText.Parse(row.GetString(1))), ("$row", found.Row)).Single();
        return new(found.Id, title.Text, text.Text, [.. Matches(text).OrderBy(match => match.Range.Start)], [.. Matches(title).Select(match => match.Term).Distinct()]);

        IEnumerable<TermMatch> Matches(MarkedText marked) => marked.Ranges
            .Select(range => new TermMatch(range, termOf[marked.Text.Substring(range.Start, range.Length)]))
            .Where(match => match.Term >= 0)
            .Concat(terms.Grams.SelectMany((gram, place) =>
                MarkedText.Find(marked.Text, gram).Select(range => new TermMatch(range, terms.Words.Count + place))));
    }

    private void Add(IndexedDocument document)
    {
        var (title, text) = (MarkedText.Indexed(document.Title), MarkedText.Indexed(document.Text));
        var spaceless = SearchTerms.HasSpaceless(title) || SearchTerms.HasSpaceless(text);
        var row = Read(
            "INSERT INTO documents(id, revision, spaceless) VALUES ($id, $revision, $spaceless) RETURNING row", row => row.GetInt64(0),
            ("$id", document.Id), ("$revision", document.Revision), ("$spaceless", spaceless)).Single();
        Execute("INSERT INTO texts(row, title, text) VALUES ($row, $title, $text)", ("$row", row), ("$title", title), ("$text", text));
        Execute("INSERT INTO words(rowid, title, text) VALUES ($row, $title, $text)", ("$row", row), ("$title", title), ("$text", text));
        // What ends a text begins no three characters, and is looked for by its first one or two all the same.
        if (spaceless)
            Execute("INSERT INTO grams(rowid, title, text) VALUES ($row, $title || '  ', $text || '  ')", ("$row", row), ("$title", title), ("$text", text));
    }

    // FTS5 takes out what it is told was there.
    private void Remove(string id)
    {
        foreach (var (row, spaceless) in Read("SELECT row, spaceless FROM documents WHERE id = $id", row => (row.GetInt64(0), row.GetBoolean(1)), ("$id", id)))
        {
            Execute("INSERT INTO words(words, rowid, title, text) SELECT 'delete', row, title, text FROM texts WHERE row = $row", ("$row", row));
            if (spaceless)
                Execute("INSERT INTO grams(grams, rowid, title, text) SELECT 'delete', row, title || '  ', text || '  ' FROM texts WHERE row = $row", ("$row", row));
            Execute("DELETE FROM texts WHERE row = $row", ("$row", row));
            Execute("DELETE FROM documents WHERE row = $row", ("$row", row));
        }
    }

    private List<(long Row, string Id, double Score, int Total)> Rank(string? words, string? grams, int skip, int limit)
    {
        List<string> found = [];
        if (words is not null)
            found.Add($"SELECT rowid AS row, -bm25(words, {TitleWeight}, 1) AS score FROM words WHERE words MATCH $words");
        if (grams is not null)
            found.Add($"SELECT rowid AS row, -bm25(grams, {TitleWeight}, 1) AS score FROM grams WHERE grams MATCH $grams");
        // A document may be found by both.
        var all = found.Count == 2 ? $"SELECT row, sum(score) AS score FROM ({string.Join(" UNION ALL ", found)}) GROUP BY row" : found.FirstOrDefault();
        return all is null ? [] : Read(
            $"""
            WITH found AS MATERIALIZED ({all})
            SELECT row, id, score, count(*) OVER () FROM found JOIN documents USING (row) ORDER BY score DESC, id LIMIT $limit OFFSET $skip
            """,
            row => (row.GetInt64(0), row.GetString(1), row.GetDouble(2), row.GetInt32(3)),
            ("$words", words), ("$grams", grams), ("$limit", limit), ("$skip", skip));
    }

    private MarkedText Snippet(long row, string? words, string? grams) =>
        Snippet("words", words, row, SnippetWords) ?? Snippet("grams", grams, row, SnippetGrams)!;

    private MarkedText? Snippet(string index, string? match, long row, int tokens) => match is null ? null : Read(
        $"SELECT snippet({index}, 1, char(1), char(2), '…', {tokens}) FROM {index} WHERE {index} MATCH $match AND rowid = $row",
        found => MarkedText.Parse(found.GetString(0)),
        ("$match", match), ("$row", row)).FirstOrDefault();

    private int Count(string index, string match) =>
        Read($"SELECT count(*) FROM {index} WHERE {index} MATCH $match", row => row.GetInt32(0), ("$match", match)).Single();

    private static string? WordsExpression(SearchTerms terms) => AnyOf(terms.Words);

    private string? GramsExpression(SearchTerms terms) => GramsExpression(terms.Grams);

    private string? GramsExpression(IReadOnlyList<string> grams) => AnyOf([.. grams.SelectMany(Expand)]);

    private IEnumerable<string> Expand(string gram) => gram.EnumerateRunes().Count() >= SearchTerms.GramLength ? [gram] : Read(
        "SELECT term FROM gram WHERE term >= $first AND term < $last ORDER BY doc DESC, term LIMIT $limit", row => row.GetString(0),
        ("$first", gram), ("$last", gram + char.ConvertFromUtf32(0x10FFFF)), ("$limit", MaxExpansions));

    private static string? AnyOf(IReadOnlyList<string> terms) => terms.Count == 0 ? null : string.Join(" OR ", terms.Select(Quoted));

    // Within quotes nothing has a meaning but a quote.
    private static string Quoted(string term) => $"\"{term.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private void Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    private List<T> Read<T>(string sql, Func<SqliteDataReader, T> rowOf, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(rowOf(reader));
        return rows;
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _database.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            if (value is not null)
                command.Parameters.AddWithValue(name, value);
        return command;
    }

    /// <summary>Which term a word in a text was found by: the index itself is asked, for it knows the endings that it takes off.</summary>
    private sealed class TermOfWord
    {
        private readonly SearchIndex _index;
        private readonly Dictionary<string, int> _known = new(StringComparer.OrdinalIgnoreCase);

        public TermOfWord(SearchIndex index, SearchTerms terms)
        {
            _index = index;
            index.Execute("DELETE FROM probe");
            foreach (var (place, word) in terms.Words.Index())
                index.Execute("INSERT INTO probe(rowid, term) VALUES ($row, $term)", ("$row", place), ("$term", word));
        }

        /// <summary>The term's number; -1 where it is none.</summary>
        public int this[string word] => _known.TryGetValue(word, out var term) ? term : _known[word] = _index
            .Read("SELECT rowid FROM probe WHERE probe MATCH $match LIMIT 1", row => row.GetInt32(0), ("$match", Quoted(word)))
            .DefaultIfEmpty(-1).First();
    }
}

/// <param name="Id">The document's.</param>
/// <param name="Revision">Another number for another title or text.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Text">A paragraph to a line.</param>
internal sealed record IndexedDocument(string Id, long Revision, string Title, string Text);

/// <param name="Total">How many documents match, whatever part of them was asked for.</param>
/// <param name="Documents">The best matches first.</param>
internal sealed record FoundDocuments(int Total, IReadOnlyList<FoundDocument> Documents);

/// <param name="Id">The document's.</param>
/// <param name="Score">More is better.</param>
/// <param name="Snippet">The part of its text that has most of what was looked for, or its beginning.</param>
internal sealed record FoundDocument(string Id, double Score, MarkedText Snippet);

/// <param name="Stored">How many documents there are.</param>
/// <param name="DocumentsWith">How many of them have each term.</param>
/// <param name="Texts">The best matches first.</param>
internal sealed record FoundTexts(int Stored, IReadOnlyList<int> DocumentsWith, IReadOnlyList<FoundText> Texts);

/// <param name="Id">The document's.</param>
/// <param name="Title">Empty where it has none.</param>
/// <param name="Text">A paragraph to a line.</param>
/// <param name="Matches">Where the terms are in the text, in order.</param>
/// <param name="InTitle">Which terms the title has.</param>
internal sealed record FoundText(string Id, string Title, string Text, IReadOnlyList<TermMatch> Matches, IReadOnlyList<int> InTitle);

/// <param name="Range">Where.</param>
/// <param name="Term">The term's number.</param>
internal readonly record struct TermMatch(TextRange Range, int Term);
