SELECT nextval('correction_runs')
