"""The names of PySpark 3.5 that a transform may use, and those that it may not; drawn from pyspark 3.5.9 itself."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """The words of a text as a set, so that long lists stay lists of words to their reader."""
    return frozenset(text.split())


FUNCTIONS = names(
    """
    abs acos acosh add_months aes_decrypt aes_encrypt aggregate any_value approxCountDistinct approx_count_distinct
    approx_percentile array array_agg array_append array_compact array_contains array_distinct array_except
    array_insert array_intersect array_join array_max array_min array_position array_prepend array_remove
    array_repeat array_size array_sort array_union arrays_overlap arrays_zip asc asc_nulls_first asc_nulls_last
    ascii asin asinh assert_true atan atan2 atanh avg base64 bin bit_and bit_count bit_get bit_length bit_or bit_xor
    bitmap_bit_position bitmap_bucket_number bitmap_construct_agg bitmap_count bitmap_or_agg bitwiseNOT bitwise_not
    bool_and bool_or broadcast bround btrim bucket cardinality cbrt ceil ceiling char char_length character_length
    coalesce col collect_list collect_set column concat concat_ws contains conv convert_timezone corr cos cosh cot
    count countDistinct count_distinct count_if count_min_sketch covar_pop covar_samp crc32 create_map csc cume_dist
    curdate current_date current_timestamp current_timezone date_add date_diff date_format date_from_unix_date
    date_part date_sub date_trunc dateadd datediff datepart day dayofmonth dayofweek dayofyear days decode degrees
    dense_rank desc desc_nulls_first desc_nulls_last e element_at elt encode endswith equal_null every exists exp
    explode explode_outer expm1 expr extract factorial filter find_in_set first first_value flatten floor forall
    format_number format_string from_csv from_json from_unixtime from_utc_timestamp get get_json_object getbit
    greatest grouping grouping_id hash hex histogram_numeric hll_sketch_agg hll_sketch_estimate hll_union
    hll_union_agg hour hours hypot ifnull ilike initcap inline inline_outer instr isnan isnotnull isnull
    json_array_length json_object_keys json_tuple kurtosis lag last last_day last_value lcase lead least left length
    levenshtein like lit ln localtimestamp locate log log10 log1p log2 lower lpad ltrim make_date make_dt_interval
    make_interval make_timestamp make_timestamp_ltz make_timestamp_ntz make_ym_interval map_concat map_contains_key
    map_entries map_filter map_from_arrays map_from_entries map_keys map_values map_zip_with mask max max_by md5
    mean median min min_by minute mode monotonically_increasing_id month months months_between named_struct nanvl
    negate negative next_day now nth_value ntile nullif nvl nvl2 octet_length overlay parse_url percent_rank
    percentile percentile_approx pi pmod posexplode posexplode_outer position positive pow power printf product
    quarter radians raise_error rand randn rank reduce regexp regexp_count regexp_extract regexp_extract_all
    regexp_instr regexp_like regexp_replace regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2
    regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right rint rlike round row_number rpad rtrim
    schema_of_csv schema_of_json sec second sentences sequence session_window sha sha1 sha2 shiftLeft shiftRight
    shiftRightUnsigned shiftleft shiftright shiftrightunsigned shuffle sign signum sin sinh size skewness slice some
    sort_array soundex spark_partition_id split split_part sqrt stack startswith std stddev stddev_pop stddev_samp
    str_to_map struct substr substring substring_index sum sumDistinct sum_distinct tan tanh timestamp_micros
    timestamp_millis timestamp_seconds toDegrees toRadians to_binary to_char to_csv to_date to_json to_number
    to_timestamp to_timestamp_ltz to_timestamp_ntz to_unix_timestamp to_utc_timestamp to_varchar transform
    transform_keys transform_values translate trim trunc try_add try_aes_decrypt try_avg try_divide try_element_at
    try_multiply try_subtract try_sum try_to_binary try_to_number try_to_timestamp typeof ucase unbase64 unhex
    unix_date unix_micros unix_millis unix_seconds unix_timestamp upper url_decode url_encode var_pop var_samp
    variance weekday weekofyear when width_bucket window window_time xxhash64 year years zip_with
    """
)
"""Every public function of pyspark.sql.functions that neither runs code, reads files nor tells about the platform."""

TYPES = names(
    """
    ArrayType BinaryType BooleanType ByteType CharType DataType DateType DayTimeIntervalType DecimalType DoubleType
    FloatType IntegerType LongType MapType NullType NumericType ShortType StringType StructField StructType
    TimestampNTZType TimestampType VarcharType YearMonthIntervalType
    """
)
"""The types of pyspark.sql.types. User-defined ones load classes, and a Row has whatever attributes its maker likes."""

DATAFRAME_METHODS = names(
    """
    agg alias approxQuantile cache coalesce colRegex corr count cov crossJoin crosstab cube describe distinct drop
    dropDuplicates drop_duplicates dropna exceptAll explain fillna filter freqItems groupBy groupby hint intersect
    intersectAll isEmpty join limit melt offset orderBy persist printSchema repartition repartitionByRange replace
    rollup sample sampleBy select selectExpr show sort sortWithinPartitions subtract summary to toDF transform union
    unionAll unionByName unpersist unpivot where withColumn withColumnRenamed withColumns withColumnsRenamed
    withMetadata
    """
)
"""What may be called on a DataFrame."""

COLUMN_METHODS = names(
    """
    alias asc asc_nulls_first asc_nulls_last astype between bitwiseAND bitwiseOR bitwiseXOR cast contains desc
    desc_nulls_first desc_nulls_last dropFields endswith eqNullSafe getField getItem ilike isNotNull isNull isin
    like name otherwise over rlike startswith substr when withField
    """
)
"""What may be called on a Column."""

GROUPED_METHODS = names(
    """
    agg approxQuantile avg corr count cov crosstab drop fill freqItems max mean min pivot replace sampleBy sum
    """
)
"""What may be called on grouped data, on `.na` and on `.stat`."""

WINDOW_MEMBERS = names(
    """
    currentRow orderBy partitionBy rangeBetween rowsBetween unboundedFollowing unboundedPreceding
    """
)
"""What may be named on Window and on a window made from it."""

RESERVED_ATTRIBUTES = names(
    """
    agg alias apply applyInPandas applyInPandasWithState approxQuantile avg builder cache catalog checkpoint
    coalesce cogroup colRegex collect conf corr count cov createGlobalTempView createOrReplaceGlobalTempView
    createOrReplaceTempView createTempView crossJoin crosstab cube describe distinct drop dropDuplicates
    dropDuplicatesWithinWatermark drop_duplicates dropna exceptAll explain fillna filter first foreach
    foreachPartition freqItems groupBy groupby head hint inputFiles intersect intersectAll isEmpty isLocal
    isStreaming join limit localCheckpoint mapInArrow mapInPandas max mean melt min newSession observe offset
    orderBy pandas_api persist pivot printSchema randomSplit rdd read readStream registerTempTable repartition
    repartitionByRange replace rollup sameSemantics sample sampleBy select selectExpr semanticHash show sort
    sortWithinPartitions sparkContext sparkSession sql sql_ctx storageLevel streams subtract sum summary tail take
    to toDF toJSON toLocalIterator toPandas to_koalas to_pandas_on_spark transform udf udtf union unionAll
    unionByName unpersist unpivot where withColumn withColumnRenamed withColumns withColumnsRenamed withMetadata
    withWatermark write writeStream writeTo
    """
)
"""Names that mean a member of a Spark object, so that no column is reached by writing `frame.name`."""
