import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.JSON;
import org.openapitools.client.api.BatchApi;
import org.openapitools.client.api.CellsApi;
import org.openapitools.client.api.DeadlinesApi;
import org.openapitools.client.api.ExpiriesApi;
import org.openapitools.client.api.PenaltiesApi;
import org.openapitools.client.model.*;

/** Asks a service through the generated client, and prints what came back as JSON. */
public final class Client {
  private static ApiClient client;

  /** The address of the service is the only argument. */
  public static void main(String[] arguments) throws Exception {
    client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("penalty", penalty());
    found.put("deadline", deadline());
    found.put("without_a_date", withoutADate());
    found.put("expiry", expiry());
    found.put("batch", batch());
    found.put("problem", problem());
    found.put("cell", cell());
    System.out.println(new ObjectMapper().writeValueAsString(found));
  }

  private static Map<String, Object> penalty() throws ApiException {
    PenaltyRequest request =
        new PenaltyRequest()
            .violation("82-2")
            .severity(Severity.SEVERE)
            .decisionEffectiveOn(LocalDate.of(2028, 2, 29))
            .conduct(new Conduct().from(LocalDate.of(2026, 5, 1)).to(LocalDate.of(2026, 6, 30)))
            .addResponsiblePersonsItem(
                new ResponsiblePerson().role(Role.PRINCIPAL).incomeDuringViolation("0.11"))
            .addResponsiblePersonsItem(new ResponsiblePerson().role(Role.OTHER));
    PenaltyAnswer answer = new PenaltiesApi(client).calculatePenalty(request, Language.EN);
    Outcome outcome = answer.getOutcome();
    Fine fine = outcome.getFine();
    List<Object> measures = new ArrayList<>();
    for (Measure measure : outcome.getMeasures()) {
      measures.add(kindOf(measure.getActualInstance()));
    }
    List<Object> persons = new ArrayList<>();
    for (Person person : outcome.getPersons()) {
      persons.add(Arrays.asList(person.getFine().getMinimum(), person.getFine().getMaximum()));
    }
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("tier", outcome.getTier().getValue());
    found.put(
        "fine",
        Arrays.asList(
            fine.getMinimum(), fine.getMaximum(), kindOf(fine.getBasis().getActualInstance())));
    found.put("measures", measures);
    found.put("persons", persons);
    found.put("notices", answer.getNotices().stream().map(Notice::getCode).toList());
    return found;
  }

  /** The kind of a record, as it stands in JSON. */
  private static String kindOf(Object record) {
    return JSON.getDefault().getMapper().valueToTree(record).get("kind").asText();
  }

  private static Map<String, Object> deadline() throws ApiException {
    DeadlineRequest request =
        new DeadlineRequest()
            .step("production-licence")
            .start(LocalDate.of(2026, 9, 18))
            .asOf(LocalDate.of(2026, 10, 9))
            .addClockStopsItem(
                new ClockStop()
                    .from(LocalDate.of(2026, 10, 12))
                    .to(LocalDate.of(2026, 10, 16))
                    .reason(StopReason.TECHNICAL_REVIEW));
    DeadlineAnswer answer = new DeadlinesApi(client).calculateDeadline(request, null);
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("due", answer.getDue().toString());
    found.put("used", answer.getDays().getUsed());
    found.put("left", answer.getDays().getLeft());
    return found;
  }

  private static LocalDate withoutADate() throws ApiException {
    return new DeadlinesApi(client)
        .getDeadline(
            DeadlinesApi.APIGetDeadlineRequest.newBuilder()
                .step("urgent-import")
                .start(LocalDate.of(2026, 6, 1))
                .build())
        .getDue();
  }

  private static Map<String, Object> expiry() throws ApiException {
    ExpiryRequest request =
        new ExpiryRequest()
            .term("orphan-exclusivity")
            .start(LocalDate.of(2028, 2, 29))
            .granted(new Granted().months(30));
    ExpiryAnswer answer = new ExpiriesApi(client).calculateExpiry(request, null);
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("last_day", answer.getLastDay().toString());
    found.put("civil_code", answer.getByConvention().getCivilCode().toString());
    found.put("ended_early", answer.getEndedEarly());
    return found;
  }

  private static List<Object> batch() throws ApiException {
    List<BatchItem> rows =
        List.of(
            new BatchItem(
                new DeadlineRow()
                    .kind(DeadlineRow.KindEnum.DEADLINE)
                    .step("licence-delivery")
                    .start(LocalDate.of(2026, 6, 1))
                    .ref("a")),
            new BatchItem(
                new ExpiryRow()
                    .kind(ExpiryRow.KindEnum.EXPIRY)
                    .term("drug-registration")
                    .start(LocalDate.of(2026, 6, 1))
                    .ref("b")),
            new BatchItem(
                new PenaltyRow().kind(PenaltyRow.KindEnum.PENALTY).violation("79-1-9").ref("c")));
    List<BatchAnswer> answers = new BatchApi(client).calculateBatch(rows, null, null);
    DeadlineAnswer deadline = answers.get(0).getDeadlineAnswer();
    ExpiryAnswer expiry = answers.get(1).getExpiryAnswer();
    RowProblem refused = answers.get(2).getRowProblem();
    return List.of(
        List.of("deadline", deadline.getRef(), deadline.getDue().toString()),
        List.of("expiry", expiry.getRef(), expiry.getLastDay().toString()),
        List.of("problem", refused.getRef(), refused.getCode()));
  }

  private static Map<String, Object> problem() throws Exception {
    try {
      new PenaltiesApi(client).calculatePenalty(new PenaltyRequest().violation("79-1-9"), Language.EN);
    } catch (ApiException refused) {
      Problem problem =
          JSON.getDefault().getMapper().readValue(refused.getResponseBody(), Problem.class);
      Map<String, Object> found = new LinkedHashMap<>();
      found.put("status", problem.getStatus());
      found.put("code", problem.getCode());
      found.put("title", problem.getTitle());
      found.put("where", problem.getErrors().stream().map(Fault::getWhere).toList());
      return found;
    }
    throw new IllegalStateException("a problem was expected");
  }

  private static String cell() throws ApiException {
    return new CellsApi(client)
        .getDeadlineCell(
            CellsApi.APIGetDeadlineCellRequest.newBuilder()
                .step("licence-delivery")
                .start("2026/6/1")
                .build());
  }
}
