CREATE TABLE IF NOT EXISTS weight_sets (id INTEGER NOT NULL, name VARCHAR(100) NOT NULL, version VARCHAR(50) NOT NULL, sha256 VARCHAR(64) NOT NULL, about TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (name, version))

CREATE TABLE IF NOT EXISTS area_registers (id INTEGER NOT NULL, name VARCHAR(100) NOT NULL, version INTEGER NOT NULL, valid_from TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, definition TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL, PRIMARY KEY (id), UNIQUE (name, version))

CREATE TRIGGER IF NOT EXISTS area_registers_no_update BEFORE UPDATE ON area_registers BEGIN SELECT RAISE(ABORT, 'area_registers: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS area_registers_no_delete BEFORE DELETE ON area_registers BEGIN SELECT RAISE(ABORT, 'area_registers: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS area_exclusions (id INTEGER NOT NULL, cell BIGINT NOT NULL, excluded INTEGER NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (id))

CREATE TRIGGER IF NOT EXISTS area_exclusions_no_update BEFORE UPDATE ON area_exclusions BEGIN SELECT RAISE(ABORT, 'area_exclusions: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS area_exclusions_no_delete BEFORE DELETE ON area_exclusions BEGIN SELECT RAISE(ABORT, 'area_exclusions: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS patrol_entries (id INTEGER NOT NULL, entry VARCHAR(40) NOT NULL, revision INTEGER NOT NULL, "key" VARCHAR(40) NOT NULL, area TEXT NOT NULL, unit TEXT NOT NULL, mode TEXT NOT NULL, activity TEXT NOT NULL, notes TEXT NOT NULL, author TEXT NOT NULL, why TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, officers INTEGER NOT NULL, reactive INTEGER NOT NULL, withdrawn INTEGER NOT NULL, searches INTEGER, arrests INTEGER, weapons INTEGER, created TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (entry, revision), UNIQUE ("key"))

CREATE TRIGGER IF NOT EXISTS patrol_entries_no_update BEFORE UPDATE ON patrol_entries BEGIN SELECT RAISE(ABORT, 'patrol_entries: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS patrol_entries_no_delete BEFORE DELETE ON patrol_entries BEGIN SELECT RAISE(ABORT, 'patrol_entries: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS patrol_drafts ("key" VARCHAR(40) NOT NULL, told TEXT NOT NULL, changed TEXT NOT NULL, PRIMARY KEY ("key"))

CREATE TABLE IF NOT EXISTS dose_targets (id INTEGER NOT NULL, register TEXT NOT NULL, area TEXT NOT NULL, valid_from TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, minutes FLOAT, PRIMARY KEY (id))

CREATE TRIGGER IF NOT EXISTS dose_targets_no_update BEFORE UPDATE ON dose_targets BEGIN SELECT RAISE(ABORT, 'dose_targets: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS dose_targets_no_delete BEFORE DELETE ON dose_targets BEGIN SELECT RAISE(ABORT, 'dose_targets: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS change_matches (id INTEGER NOT NULL, name VARCHAR(100) NOT NULL, first_day TEXT NOT NULL, treated TEXT NOT NULL, question TEXT NOT NULL, "match" TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL, PRIMARY KEY (id), UNIQUE (name))

CREATE TRIGGER IF NOT EXISTS change_matches_no_update BEFORE UPDATE ON change_matches BEGIN SELECT RAISE(ABORT, 'change_matches: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS change_matches_no_delete BEFORE DELETE ON change_matches BEGIN SELECT RAISE(ABORT, 'change_matches: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS context_lines (id INTEGER NOT NULL, line VARCHAR(40) NOT NULL, revision INTEGER NOT NULL, withdrawn INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL, "where" TEXT NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL, PRIMARY KEY (id), UNIQUE (line, revision))

CREATE TRIGGER IF NOT EXISTS context_lines_no_update BEFORE UPDATE ON context_lines BEGIN SELECT RAISE(ABORT, 'context_lines: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS context_lines_no_delete BEFORE DELETE ON context_lines BEGIN SELECT RAISE(ABORT, 'context_lines: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS change_designs (id INTEGER NOT NULL, name VARCHAR(100) NOT NULL, kind TEXT NOT NULL, register TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL, design TEXT NOT NULL, definition TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL, PRIMARY KEY (id), UNIQUE (name))

CREATE TRIGGER IF NOT EXISTS change_designs_no_update BEFORE UPDATE ON change_designs BEGIN SELECT RAISE(ABORT, 'change_designs: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS change_designs_no_delete BEFORE DELETE ON change_designs BEGIN SELECT RAISE(ABORT, 'change_designs: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS weights (weight_set INTEGER NOT NULL, line INTEGER NOT NULL, athena_urn TEXT NOT NULL, ho_class TEXT NOT NULL, crime_type TEXT NOT NULL, title TEXT NOT NULL, offence_group TEXT NOT NULL, days FLOAT NOT NULL, UNIQUE (weight_set, line), FOREIGN KEY(weight_set) REFERENCES weight_sets (id) ON DELETE CASCADE)

CREATE INDEX IF NOT EXISTS ix_weights_weight_set ON weights (weight_set)

CREATE TABLE IF NOT EXISTS weight_versions (weight_set INTEGER NOT NULL, parent INTEGER, what TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (weight_set), FOREIGN KEY(weight_set) REFERENCES weight_sets (id), FOREIGN KEY(parent) REFERENCES weight_sets (id))

CREATE TABLE IF NOT EXISTS weight_changes (id INTEGER NOT NULL, weight_set INTEGER NOT NULL, what TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, offence TEXT NOT NULL, "before" FLOAT, "after" FLOAT, PRIMARY KEY (id), FOREIGN KEY(weight_set) REFERENCES weight_sets (id))

CREATE INDEX IF NOT EXISTS ix_weight_changes_weight_set ON weight_changes (weight_set)

CREATE TABLE IF NOT EXISTS weight_defaults (id INTEGER NOT NULL, weight_set INTEGER NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (id), FOREIGN KEY(weight_set) REFERENCES weight_sets (id))

CREATE TABLE IF NOT EXISTS register_areas (id INTEGER NOT NULL, register INTEGER NOT NULL, area TEXT NOT NULL, name TEXT NOT NULL, bcu TEXT NOT NULL, role TEXT NOT NULL, edits TEXT NOT NULL, resolution INTEGER NOT NULL, n_cells INTEGER NOT NULL, n_incidents INTEGER NOT NULL, area_m2 FLOAT, harm_days FLOAT, harm_expected_days FLOAT, share_of_bcu_harm FLOAT, PRIMARY KEY (id), UNIQUE (register, area), FOREIGN KEY(register) REFERENCES area_registers (id))

CREATE TRIGGER IF NOT EXISTS register_areas_no_update BEFORE UPDATE ON register_areas BEGIN SELECT RAISE(ABORT, 'register_areas: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS register_areas_no_delete BEFORE DELETE ON register_areas BEGIN SELECT RAISE(ABORT, 'register_areas: rows are never changed or deleted'); END

CREATE TABLE IF NOT EXISTS register_cells (register INTEGER NOT NULL, cell BIGINT NOT NULL, area TEXT NOT NULL, PRIMARY KEY (register, cell), FOREIGN KEY(register) REFERENCES area_registers (id))

CREATE TRIGGER IF NOT EXISTS register_cells_no_update BEFORE UPDATE ON register_cells BEGIN SELECT RAISE(ABORT, 'register_cells: rows are never changed or deleted'); END

CREATE TRIGGER IF NOT EXISTS register_cells_no_delete BEFORE DELETE ON register_cells BEGIN SELECT RAISE(ABORT, 'register_cells: rows are never changed or deleted'); END
