"""The tables of the history, and the steps from each released version to this one."""

from __future__ import annotations

from typing import Final

__all__ = ["APPLICATION_ID", "MIGRATIONS", "SEARCH", "VERSION"]

APPLICATION_ID: Final = 0x43486D67
"""Marks the file as a history of chat-magic."""

_TABLES_1 = """
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,            -- of the kernel session
  seen_s REAL NOT NULL                 -- renewed while something runs
);
CREATE TABLE executions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the number of a forgotten row is not used again
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  started_s REAL NOT NULL,             -- seconds since 1970-01-01 UTC
  ended_s REAL,
  notebook TEXT,
  cell_id TEXT,
  source TEXT,                         -- of the cell
  model TEXT NOT NULL,
  prompt TEXT NOT NULL DEFAULT '',     -- the last user message
  answer TEXT NOT NULL DEFAULT '',     -- the first choice
  answers INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL,
  failed INTEGER NOT NULL DEFAULT 0,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  total_tokens INTEGER,
  cost REAL,
  ttft_s REAL,
  total_s REAL,
  error TEXT,
  thread TEXT,
  resume TEXT,                         -- the file of a map
  starred INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  replayed INTEGER NOT NULL DEFAULT 0,
  cached_tokens INTEGER,               -- of the prompt, read from the server's cache
  reasoning_tokens INTEGER
);
CREATE INDEX executions_by_cell ON executions (cell_id) WHERE cell_id IS NOT NULL;
CREATE INDEX executions_by_thread ON executions (thread) WHERE thread IS NOT NULL;
CREATE INDEX executions_running ON executions (id) WHERE status = 'running';
CREATE TABLE runs (
  execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  run INTEGER NOT NULL,                -- its position in a grid, from 0
  model TEXT NOT NULL,
  endpoint TEXT,                       -- address without credentials
  request BLOB NOT NULL,               -- JSON, deflated, with marks for attachments
  PRIMARY KEY (execution_id, run)
) WITHOUT ROWID;
CREATE TABLE results (
  execution_id INTEGER PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,
  has_tokens INTEGER NOT NULL,         -- whether its token tables are still there
  result BLOB NOT NULL                 -- lossless JSON, deflated, with marks for attachments
);
CREATE INDEX results_with_tokens ON results (execution_id) WHERE has_tokens;
CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  events BLOB NOT NULL                 -- what arrived since the entry before, deflated
);
CREATE INDEX journal_by_execution ON journal (execution_id);
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  content BLOB NOT NULL                -- a JSON string, deflated
) WITHOUT ROWID;
CREATE TABLE execution_blobs (
  execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL REFERENCES blobs (sha256),
  PRIMARY KEY (execution_id, sha256)
) WITHOUT ROWID;
CREATE INDEX execution_blobs_by_blob ON execution_blobs (sha256);
CREATE TABLE cache (
  key TEXT PRIMARY KEY,                -- of the request and its draw
  execution_id INTEGER REFERENCES executions (id) ON DELETE CASCADE,
  recorded_s REAL NOT NULL,
  request BLOB NOT NULL,
  result BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX cache_by_execution ON cache (execution_id);
CREATE TABLE turns (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,                 -- the notebook's path, else the kernel session
  thread TEXT NOT NULL,
  position INTEGER NOT NULL,
  execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  dropped_by INTEGER                   -- the execution that replaced it
);
CREATE INDEX turns_by_thread ON turns (scope, thread, position);
CREATE INDEX turns_by_execution ON turns (execution_id);
CREATE TABLE texts (
  execution_id INTEGER PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,
  prompt TEXT NOT NULL,                -- all messages
  answer TEXT NOT NULL                 -- all choices of all runs
);
"""

_TABLES_2 = """
CREATE TABLE model_usage (             -- of an execution that asked several models
  execution_id INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  requests INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  replayed INTEGER NOT NULL,           -- how many of its requests
  prompt_tokens INTEGER,               -- these, like the cost, without what was replayed
  cached_tokens INTEGER,
  completion_tokens INTEGER,
  reasoning_tokens INTEGER,
  cost REAL,
  PRIMARY KEY (execution_id, model)
) WITHOUT ROWID;
"""

_TABLES_3 = """
CREATE TABLE row_uses (                -- rows on which answers are checked
  execution_id INTEGER PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,
  rows BLOB NOT NULL,                  -- digest of the rows
  version BLOB NOT NULL                -- digest of the cell and its prompts
);
CREATE INDEX row_uses_by_rows ON row_uses (rows, version);
CREATE TABLE scrubs (                  -- each asks to overwrite what deleted rows have left
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  is_merging INTEGER NOT NULL DEFAULT 0  -- whether the index is being merged for it
);
CREATE INDEX executions_by_start ON executions (started_s);
CREATE INDEX executions_by_status ON executions (status);
CREATE INDEX executions_starred ON executions (starred) WHERE starred = 1;
CREATE INDEX executions_replayed ON executions (replayed) WHERE replayed = 1;
DROP TRIGGER IF EXISTS search_insert;  -- the index is made anew
DROP TRIGGER IF EXISTS search_update;
DROP TRIGGER IF EXISTS search_delete;
DROP TABLE IF EXISTS search;
"""

SEARCH: Final = """
CREATE VIRTUAL TABLE search USING fts5 (
  prompt, answer, content = 'texts', content_rowid = 'execution_id',
  tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3'
);
INSERT INTO search (search) VALUES ('rebuild');
CREATE TRIGGER search_insert AFTER INSERT ON texts BEGIN
  INSERT INTO search (rowid, prompt, answer) VALUES (new.execution_id, new.prompt, new.answer);
END;
CREATE TRIGGER search_update AFTER UPDATE ON texts BEGIN
  INSERT INTO search (search, rowid, prompt, answer)
    VALUES ('delete', old.execution_id, old.prompt, old.answer);
  INSERT INTO search (rowid, prompt, answer) VALUES (new.execution_id, new.prompt, new.answer);
END;
CREATE TRIGGER search_delete BEFORE DELETE ON texts BEGIN
  INSERT INTO search (search, rowid, prompt, answer)
    VALUES ('delete', old.execution_id, old.prompt, old.answer);
END;
"""
"""The full-text index, where SQLite has FTS5; it is made from the texts after the migrations."""

MIGRATIONS: Final = (_TABLES_1, _TABLES_2, _TABLES_3)
"""What leads from each version to the next; an empty file is version 0."""
VERSION: Final = len(MIGRATIONS)
"""The version that this release writes; in the file it is `user_version`."""
